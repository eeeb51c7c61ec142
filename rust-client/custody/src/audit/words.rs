//! The words of a log: kinds, severities and the like.

use std::fmt;

use serde::de::Deserializer;
use serde::Deserialize;

/// Defines an enumeration of the log's words, with one more for those of the future.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $variant,)*
            /// A word that this crate does not know.
            Other(String),
        }

        impl $name {
            /// The word, as the log spells it.
            pub fn as_str(&self) -> &str {
                match self {
                    $($name::$variant => $word,)*
                    $name::Other(word) => word,
                }
            }

            /// Every word that this crate knows.
            pub const KNOWN: &'static [&'static str] = &[$($word),*];
        }

        impl From<String> for $name {
            fn from(word: String) -> Self {
                match word.as_str() {
                    $($word => $name::$variant,)*
                    _ => $name::Other(word),
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map($name::from)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    /// Which rule was broken; `custody explain KIND` says more.
    Kind {
        /// A block was released through another party's allocator.
        CrossAllocatorFree = "cross-allocator-free",
        /// A block was released by the wrong function of its own side.
        MismatchedRelease = "mismatched-release",
        /// A block was released by a side that does not own it.
        CrossSideFree = "cross-side-free",
        /// A release named another size or alignment than the block has.
        LayoutMismatch = "layout-mismatch",
        /// A block was released twice.
        DoubleFree = "double-free",
        /// Something that is not a heap block was released.
        InvalidFree = "invalid-free",
        /// A pointer into a block, not to its start, was released.
        InteriorFree = "interior-free",
        /// A block of an allocator that Custody does not see was released.
        ForeignFree = "foreign-free",
        /// A handle was given to a function of another type.
        WrongType = "wrong-type",
        /// A handle, callback or loan was used after its end.
        StaleHandle = "stale-handle",
        /// An object that belongs to one thread was used by another.
        WrongThread = "wrong-thread",
        /// A block was handed over, lent or released by a side that does not own it.
        NotOwner = "not-owner",
        /// A block was released or handed over while on loan.
        ReleasedWhileLent = "released-while-lent",
        /// A block was lent although a loan of it excludes that.
        LendConflict = "lend-conflict",
        /// A loan lasted longer than what it was a loan of.
        LendOutlived = "lend-outlived",
        /// A buffer was written where its lease does not allow it.
        BufferOverrun = "buffer-overrun",
        /// More was reported to be in a buffer than it holds.
        BufferOverclaim = "buffer-overclaim",
        /// A buffer was used or released after its lease, or by its borrower.
        BufferRetained = "buffer-retained",
        /// An object or a callback's data was never destroyed.
        HandleLeak = "handle-leak",
        /// A block was handed over and never released.
        TransferLeak = "transfer-leak",
        /// A block was not released, and nothing leads to it any more.
        Leak = "leak",
    }
}

words! {
    /// How bad a finding is, from little to much.
    Severity {
        /// Worth knowing.
        Note = "note",
        /// Wrong, or probably so.
        Warning = "warning",
        /// Wrong.
        Error = "error",
    }
}

words! {
    /// How a finding is known.
    Confidence {
        /// By more than facts; never more than a warning.
        Inferred = "inferred",
        /// By facts alone.
        Exact = "exact",
    }
}

words! {
    /// The language of a side or module.
    Lang {
        /// C.
        C = "c",
        /// C++.
        Cxx = "c++",
        /// Rust.
        Rust = "rust",
        /// Not known.
        Unknown = "unknown",
    }
}

words! {
    /// What happened to a thing that the program told Custody of.
    Deed {
        /// It was made.
        Made = "made",
        /// It was made an object.
        Adopted = "adopted",
        /// It got a reference more.
        Retained = "retained",
        /// It got a reference less.
        LetGo = "let-go",
        /// It is an object no more.
        Ended = "ended",
        /// It changed hands.
        Transferred = "transferred",
        /// It was to change hands, and did not.
        TransferRefused = "transfer-refused",
        /// It was lent, for reading.
        Lent = "lent",
        /// It was lent to one alone.
        LentExclusively = "lent-exclusively",
        /// It was to be lent, and was not.
        LendRefused = "lend-refused",
        /// A loan came back.
        Returned = "returned",
        /// What was no loan any more was to come back.
        ReturnRefused = "return-refused",
        /// It was released.
        Released = "released",
        /// A lease of it began.
        Leased = "leased",
        /// A lease of it ended.
        LeaseEnded = "lease-ended",
        /// A callback was registered.
        Registered = "registered",
        /// A callback was entered.
        Entered = "entered",
        /// A callback was left.
        Left = "left",
        /// A callback was dropped.
        Dropped = "dropped",
        /// The library was closed.
        Closed = "closed",
    }
}

words! {
    /// What leads to the blocks of a leak.
    Class {
        /// It could not be examined.
        Live = "live",
        /// Nothing.
        Definite = "definite",
        /// Only lost blocks.
        Indirect = "indirect",
        /// Something, but only into their middle.
        Possible = "possible",
        /// Something.
        Reachable = "reachable",
    }
}
