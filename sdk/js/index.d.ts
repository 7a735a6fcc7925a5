// Types of the SDK. See README.md beside this file.

export type Operation = "insert" | "update" | "upsert" | "delete" | "append" | "member-add" | "member-remove";
export type OutcomeKind = "created" | "updated" | "unchanged" | "deleted" | "accepted";
export type FailureKind =
    | "transient" | "rate-limited" | "auth" | "forbidden" | "rejected" | "unattributed" | "too-large" | "schema-changed"
    | "misconfigured" | "fatal";
export type FieldType = "string" | "number" | "integer" | "boolean" | "date" | "datetime" | "enumeration" | "json";
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What a call is given: the connection's configuration, which holds no secret, and the way out. */
export interface Context<C = any> {
    readonly config: C;
    readonly connectionId: string;
    readonly http: Http;
}

/** A destination. Every call runs in a fresh instance: nothing is remembered between calls. It neither sleeps nor retries. */
export interface Connector<C = any> {
    /** Tries credential and reachability without changing anything. */
    check(cx: Context<C>): Account;
    /** The objects that can be written, page by page. */
    objects(cx: Context<C>, cursor: string | null): ObjectPage;
    /** The fields of one object; throws schema-changed when there is no such object. */
    fields(cx: Context<C>, object: string): FieldInfo[];
    /** How many rows a call takes and how many requests the vendor allows. */
    limits(cx: Context<C>, object: string, operation: Operation): Limits;
    /** Writes the rows and answers for each. */
    write(cx: Context<C>, batch: Batch): Report;
    /** Reads the current values of fields, one record or null a row. Null, or left out: it cannot be read. It never writes. */
    lookUp?(cx: Context<C>, query: Lookup): ({ [field: string]: Json } | null)[] | null;
}

/** What a component exports: `export const connector = exportConnector({...})` in connector.js. */
export function exportConnector<C>(connector: Connector<C>): object;

export interface Account { schema: "offtake.account/1"; facts: { label: string; value: string }[] }
export interface ObjectInfo { id: string; label: string; operations: Operation[]; match_keys: string[] }
export interface ObjectPage { objects: ObjectInfo[]; next?: string | null }
export interface Choice { value: string; label: string }
export interface FieldInfo {
    name: string; label: string; type: FieldType; required: boolean; read_only: boolean; unique: boolean;
    multiple: boolean; max_length: number | null; options: Choice[];
}
export interface FieldMore {
    label?: string; required?: boolean; readOnly?: boolean; unique?: boolean; multiple?: boolean; maxLength?: number;
    options?: Choice[];
}
export interface Limits {
    /** Rows a call. */
    rows: number;
    /** Bytes of rows a call; one MiB when it is left out. */
    bytes?: number;
    /** Calls at once; one when it is left out. */
    concurrency?: number;
    /** Requests in milliseconds; all hold at once. */
    rates?: [requests: number, windowMs: number][];
}

export function account(facts: { [label: string]: unknown }): Account;
export function object(id: string, label: string, operations: Operation[], matchKeys?: string[]): ObjectInfo;
export function field(name: string, type: FieldType, more?: FieldMore): FieldInfo;

/** What a row says about a field that it does not have: the vendor's value stays. `null` clears it. */
export const ABSENT: unique symbol;
export class Row {
    readonly index: number;
    readonly fields: { [field: string]: Json };
    /** The value of the first match key as text; null when it is absent, null, a list or an object. */
    readonly matchText: string | null;
    /** Minted by the host, the same for the same change: also after a crash. */
    readonly idempotencyKey: string;
    readonly remoteId: string | null;
    get(field: string): Json | typeof ABSENT;
}
export class Batch implements Iterable<Row> {
    readonly object: string;
    readonly operation: Operation;
    readonly matchKeys: string[];
    readonly id: string;
    readonly attempt: number;
    readonly rows: Row[];
    readonly length: number;
    /** The one match key; throws misconfigured, when there is none or are several. */
    readonly matchKey: string;
    [Symbol.iterator](): Iterator<Row>;
}
export interface Lookup {
    readonly object: string;
    readonly matchKeys: string[];
    readonly fields: string[];
    readonly rows: { [field: string]: Json }[];
    readonly matchKey: string;
    matchTexts(): (string | null)[];
}
/** A scalar as text, the way it stands in the row; null for null, lists and objects. */
export function text(value: Json): string | null;

/** What became of each row: the first answer stands, and a row without one counts as unknown. */
export class Report {
    constructor(batch: Batch);
    static rowByRow(batch: Batch, writeOne: (row: Row) => [OutcomeKind, (string | null)?]): Report;
    done(row: Row, kind: OutcomeKind, remoteId?: string | null): void;
    rejected(row: Row, code: string, message: string, field?: string): void;
    failed(row: Row, failure: CallFailure): void;
    /** Settles a failure of the request that wrote one row, and says whether the next row may go on. */
    failOne(row: Row, failure: CallFailure): boolean;
    isAnswered(row: Row): boolean;
}

export interface FailureMore {
    httpStatus?: number | null; field?: string | null; retryAfterMs?: number | null; scope?: string | null;
    /** The vendor may have acted. */
    effectUnknown?: boolean;
}
export class CallFailure extends Error {
    constructor(kind: FailureKind, code: string, message: string, more?: FailureMore);
    kind: FailureKind;
    code: string;
    httpStatus: number | null;
    field: string | null;
    retryAfterMs: number | null;
    scope: string | null;
    effectUnknown: boolean;
    static rejected(code: string, message: string, field?: string): CallFailure;
    static misconfigured(code: string, message: string): CallFailure;
    static schemaChanged(code: string, message: string): CallFailure;
    static unreadable(message: string, effectUnknown: boolean): CallFailure;
}

/** What a connector could read in the vendor's error body. What is left out is filled in from the status. */
export interface VendorError {
    code?: string; message?: string; field?: string; scope?: string; retryAfterMs?: number;
    /** The status to go by, where the vendor's own does not say what it means (403 for a quota: 429). */
    treatAs?: number;
}
export interface Request {
    method: string;
    /** Begins with `/` and may hold a query. */
    path: string;
    /** An endpoint of the manifest; `api` when it is left out. */
    endpoint?: string;
    /** The slot whose credential the host puts where the manifest says. */
    auth?: string;
    json?: unknown;
    body?: Uint8Array;
    headers?: { [name: string]: string };
    idempotencyKey?: string;
    timeoutMs?: number;
    maxResponseBytes?: number;
    /** It changes nothing at the vendor, as a search by POST does. GET and HEAD need no saying. */
    readOnly?: boolean;
    /** The path is a whole URL that the vendor returned. It passes the same policy. */
    link?: boolean;
    explain?(response: Response): VendorError;
}
export class Response {
    readonly status: number;
    readonly headers: [name: string, value: string][];
    readonly body: Uint8Array;
    header(name: string): string | null;
    text(): string;
    /** Throws fatal, when the body is not JSON. */
    json(): any;
}
export class Http {
    /** Throws a CallFailure for an answer other than 2xx. */
    send(request: Request): Response;
    /** Sends requests side by side. Answers and failures come in the order of the requests. */
    sendAll(requests: Request[], maxInFlight: number): (Response | CallFailure)[];
}
/** Percent-encodes text for one path segment or one query value. */
export function encode(text: string): string;

export function nowUnixMs(): number;
export function deadlineUnixMs(): number;
/** So many random bytes, 255 at most. Never mint an idempotency key from them. */
export function randomBytes(length: number): Uint8Array;
export function randomHex(length: number): string;
/** The host budgets lines, and a line must never hold a row's values. */
export namespace log {
    type Fields = { [name: string]: null | boolean | number | string };
    function debug(message: string, fields?: Fields): void;
    function info(message: string, fields?: Fields): void;
    function warn(message: string, fields?: Fields): void;
    function error(message: string, fields?: Fields): void;
}

// The SDK gives these to every connector, fresh in each call; QuickJS has no other Web API.
declare global {
    const crypto: {
        getRandomValues<T extends ArrayBufferView>(array: T): T;
        randomUUID(): string;
    };
}
