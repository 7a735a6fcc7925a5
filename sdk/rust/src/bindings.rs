//! The bindings generated from the WIT, in the one place that names wit-bindgen.
//!
//! The path leaves the crate on purpose: `offtake plugin new` unpacks `sdk/rust` and `wit/0.1.0` side by side as they
//! stand in the repository.
#![expect(missing_docs, reason = "generated: what the WIT does not document, nobody can")]

wit_bindgen::generate!({
    path: "../../wit/0.1.0",
    world: "destination",
    pub_export_macro: true,
    export_macro_name: "export_destination",
    default_bindings_module: "offtake_sdk::__private",
    additional_derives: [PartialEq, Eq],
});
