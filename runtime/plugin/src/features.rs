//! What a component may use of WebAssembly. One set for the validator, which refuses the rest before anything is compiled, and
//! for the engine.

use wasmparser::WasmFeatures;

/// What compilers for Rust, C, Python and JavaScript emit today, and no more: each feature is code of the compiler that
/// foreign bytes can reach. Several memories stay, because wasmtime's own adapters between components need them.
pub(crate) const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::BULK_MEMORY_OPT)
    .union(WasmFeatures::CALL_INDIRECT_OVERLONG)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::TAIL_CALL)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::COMPONENT_MODEL)
    .difference(WasmFeatures::GC_TYPES);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_out_stays_out() {
        let out = [
            WasmFeatures::THREADS,
            WasmFeatures::SHARED_EVERYTHING_THREADS,
            WasmFeatures::MEMORY64,
            WasmFeatures::RELAXED_SIMD,
            WasmFeatures::GC,
            WasmFeatures::GC_TYPES,
            WasmFeatures::FUNCTION_REFERENCES,
            WasmFeatures::EXCEPTIONS,
            WasmFeatures::STACK_SWITCHING,
            WasmFeatures::WIDE_ARITHMETIC,
            WasmFeatures::CUSTOM_PAGE_SIZES,
            WasmFeatures::CM_ASYNC,
            WasmFeatures::CM_THREADING,
        ];
        for feature in out {
            assert!(!FEATURES.intersects(feature), "{feature:?}");
        }
        assert!(FEATURES.contains(WasmFeatures::MULTI_MEMORY));
    }
}
