// UTF-8, which QuickJS has no TextEncoder for.
//
// QuickJS runs a loop over characters about a hundred times slower than its own functions, so these do the work: what
// encodeURIComponent writes is UTF-8, and escape and unescape carry it from and to one character a byte.

const PIECE = 4096;
const LONGEST = 4;
const SMALLEST = [0, 0, 0x80, 0x800, 0x10000];

/** The bytes of a text. A surrogate that stands alone becomes U+FFFD. */
export function encode(text) {
    const binary = unescape(encodeURIComponent(text.toWellFormed()));
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < binary.length; at += 1) {
        bytes[at] = binary.charCodeAt(at);
    }
    return bytes;
}

/** The text of bytes. What is not UTF-8 becomes U+FFFD. */
export function decode(bytes) {
    const pieces = [];
    for (let at = 0; at < bytes.length; at += PIECE) {
        pieces.push(String.fromCharCode.apply(null, bytes.subarray(at, at + PIECE)));
    }
    try {
        return decodeURIComponent(escape(pieces.join("")));
    } catch {
        return decodeLossy(bytes);
    }
}

function decodeLossy(bytes) {
    const chars = [];
    for (let at = 0; at < bytes.length; ) {
        const [code, length] = next(bytes, at);
        chars.push(String.fromCodePoint(code));
        at += length;
    }
    return chars.join("");
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
