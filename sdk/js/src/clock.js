// The host's clock. A connector may look at it and must not wait for it.

import clock from "offtake:destination/clock@0.1.0";

/** Milliseconds since 1970 in UTC. */
export function nowUnixMs() {
    return clock.nowUnixMs();
}

/** When the host ends the running call, in milliseconds since 1970. */
export function deadlineUnixMs() {
    return clock.deadlineUnixMs();
}
