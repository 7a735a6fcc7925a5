//! The bindings generated from the WIT, in the one place that names wit-bindgen.
//!
//! The paths leave the crate on purpose: `offtake plugin new` unpacks `sdk/rust` and `wit` side by side as they
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

/// What version 0.1.1 adds: a world of its own, because only connectors that have jobs export it.
pub mod addition {
    wit_bindgen::generate!({
        path: ["../../wit/0.1.0", "../../wit/0.1.1"],
        world: "offtake:destination/addition@0.1.1",
        pub_export_macro: true,
        export_macro_name: "export_jobs",
        default_bindings_module: "offtake_sdk::__private::addition",
        additional_derives: [PartialEq, Eq],
        with: { "offtake:destination/types@0.1.0": crate::bindings::offtake::destination::types },
    });
}

pub use addition::export_jobs;
pub(crate) use addition::exports::offtake::destination0_1_1::jobs;
