//! 32-bit handles. All are non-zero inside, so an `Option` of one takes four bytes.

use std::num::NonZeroU32;

macro_rules! handle {
    ($(#[$m:meta])* $name:ident) => {
        $(#[$m])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(NonZeroU32);

        impl $name {
            /// Handle of the element at `index` of its table; saturates at the table limit, which allocation refuses.
            pub(crate) fn from_index(index: usize) -> Self {
                let n = u32::try_from(index).unwrap_or(u32::MAX - 1).saturating_add(1);
                $name(NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN))
            }
            /// Position in its table.
            pub fn index(self) -> usize {
                self.0.get() as usize - 1
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.index())
            }
        }
    };
}

handle!(/** An interned identifier. */ Ident);
handle!(/** An interned type. */ Type);
handle!(/** An interned attribute. */ Attribute);
handle!(/** An interned location. */ Location);
handle!(/** An interned operation name. */ OpName);
handle!(/** An operation of an `Ir`. */ OpId);
handle!(/** A block of an `Ir`. */ BlockId);
handle!(/** A region of an `Ir`. */ RegionId);
handle!(/** A value of an `Ir`: an operation result or a block argument. */ ValueId);
