// Log lines. The host budgets them, and a line must never hold a row's values.

import host from "offtake:destination/log@0.1.0";

function emit(level, message, fields) {
    host.emit(level, message, fields === undefined ? null : JSON.stringify(fields));
}

/** Writes a line at level `debug`; the fields are a flat object. */
export const debug = (message, fields) => emit("debug", message, fields);
/** Writes a line at level `info`. */
export const info = (message, fields) => emit("info", message, fields);
/** Writes a line at level `warn`. */
export const warn = (message, fields) => emit("warn", message, fields);
/** Writes a line at level `error`. */
export const error = (message, fields) => emit("error", message, fields);
