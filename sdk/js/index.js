// What the author of an Offtake connector imports. See README.md beside this file.

export { exportConnector } from "./src/adapter.js";
export { ABSENT, Batch, Row, text } from "./src/batch.js";
export { deadlineUnixMs, nowUnixMs } from "./src/clock.js";
export { bytes as randomBytes, hex as randomHex } from "./src/entropy.js";
export { CallFailure } from "./src/failure.js";
export { Http, Response, encode } from "./src/http.js";
export * as log from "./src/log.js";
export { Report } from "./src/report.js";
export { account, field, object } from "./src/schema.js";
