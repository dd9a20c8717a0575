//! Makes the Rust code of the guide (`docs/guide`) tests: `cargo test -p tickcast-guide --doc` compiles and runs it.
//!
//! The chapter `first-game.md` is missing here, because its Rust code consists of files: `tests/guide/guide.test.mjs` follows it
//! step by step.

#[cfg(doctest)]
mod chapters {
    #[doc = include_str!("../../../docs/guide/src/determinism.md")]
    mod determinism {}

    #[doc = include_str!("../../../docs/guide/src/prediction.md")]
    mod prediction {}

    #[doc = include_str!("../../../docs/guide/src/bandwidth.md")]
    mod bandwidth {}

    #[doc = include_str!("../../../docs/guide/src/hidden-information.md")]
    mod hidden_information {}

    #[doc = include_str!("../../../docs/guide/src/testing.md")]
    mod testing {}

    #[doc = include_str!("../../../docs/guide/src/operation.md")]
    mod operation {}

    #[doc = include_str!("../../../docs/guide/src/other-languages.md")]
    mod other_languages {}
}
