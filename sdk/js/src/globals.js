// Globals that a snapshotted engine gets wrong.
//
// The engine was started when the component was built, and every instance begins from that moment: QuickJS would give the
// same Math.random() in every call. Randomness and time come from the host instead, whoever asks for them.

import { bytes } from "./entropy.js";
import { nowUnixMs } from "./clock.js";

const UINT8_MAX = 255;
const FRACTION_BYTES = 7;

function random() {
    // 53 bits are all that a fraction between 0 and 1 holds.
    const drawn = bytes(FRACTION_BYTES);
    const high = drawn.slice(0, 3).reduce((sum, byte) => sum * 256 + byte, 0) % 2 ** 21;
    const low = drawn.slice(3).reduce((sum, byte) => sum * 256 + byte, 0);
    return (high * 2 ** 32 + low) / 2 ** 53;
}

function getRandomValues(array) {
    const view = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    for (let at = 0; at < view.length; at += UINT8_MAX) {
        view.set(bytes(Math.min(UINT8_MAX, view.length - at)), at);
    }
    return array;
}

function randomUUID() {
    const drawn = bytes(16);
    drawn[6] = (drawn[6] & 0x0f) | 0x40;
    drawn[8] = (drawn[8] & 0x3f) | 0x80;
    const digits = Array.from(drawn, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const EngineDate = globalThis.Date;

class HostDate extends EngineDate {
    constructor(...given) {
        super(...(given.length === 0 ? [nowUnixMs()] : given));
    }

    static now() {
        return nowUnixMs();
    }
}

Math.random = random;
globalThis.Date = HostDate;
globalThis.crypto = Object.freeze({ getRandomValues, randomUUID });
