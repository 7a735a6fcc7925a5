// UTF-8, which QuickJS has no TextEncoder for.

/** The bytes of a text. A surrogate that stands alone becomes U+FFFD. */
export function encode(text) {
    const bytes = [];
    for (const char of text) {
        const found = char.codePointAt(0);
        const code = found >= 0xd800 && found <= 0xdfff ? 0xfffd : found;
        if (code < 0x80) {
            bytes.push(code);
        } else if (code < 0x800) {
            bytes.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
        } else if (code < 0x10000) {
            bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
        } else {
            bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 0x3f), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
        }
    }
    return new Uint8Array(bytes);
}

const PIECE = 4096;
const LONGEST = 4;
const SMALLEST = [0, 0, 0x80, 0x800, 0x10000];

/** The text of bytes. What is not UTF-8 becomes U+FFFD. */
export function decode(bytes) {
    const pieces = [];
    let codes = [];
    for (let at = 0; at < bytes.length; ) {
        const [code, length] = next(bytes, at);
        codes.push(code);
        at += length;
        if (codes.length >= PIECE) {
            pieces.push(String.fromCodePoint(...codes));
            codes = [];
        }
    }
    pieces.push(String.fromCodePoint(...codes));
    return pieces.join("");
}

function next(bytes, at) {
    const first = bytes[at];
    if (first < 0x80) {
        return [first, 1];
    }
    const length = first >= 0xf0 ? LONGEST : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) {
        return [0xfffd, 1];
    }
    let code = first & (0xff >> (length + 1));
    for (let offset = 1; offset < length; offset += 1) {
        const byte = bytes[at + offset];
        if ((byte & 0xc0) !== 0x80) {
            return [0xfffd, 1];
        }
        code = (code << 6) | (byte & 0x3f);
    }
    const wrong = code < SMALLEST[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff);
    return wrong ? [0xfffd, 1] : [code, length];
}
