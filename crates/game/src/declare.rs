//! The macro that declares which optional parts a game implements.

/// Declares a game, and lists the optional traits that it implements: [`Configure`](crate::Configure),
/// [`PublicSetup`](crate::PublicSetup), [`Events`](crate::Events), [`Standings`](crate::Standings), [`Space`](crate::Space),
/// [`Interact`](crate::Interact), [`Actions`](crate::Actions), [`Secrets`](crate::Secrets), [`AiPlayers`](crate::AiPlayers) and
/// [`Patches`](crate::Patches). Implements the traits that are not listed, so that the game does without these parts. A game
/// cannot have both `Space` and `Interact`.
///
/// `game!(Duel);` declares a game without optional parts, `game!(Asteroids: Space, AiPlayers);` a game with two of them.
#[macro_export]
macro_rules! game {
    // Rules of the form `(@trait game; listed traits)`: if the trait is listed, they expand to nothing, and otherwise to
    // its default implementation.
    (@Configure $game:ty; Configure $($rest:ident)*) => {};
    (@Configure $game:ty; $other:ident $($rest:ident)*) => { $crate::game!(@Configure $game; $($rest)*); };
    (@Configure $game:ty;) => {
        impl $crate::Configure for $game {
            type Options = ();
        }
    };
    (@PublicSetup $game:ty; PublicSetup $($rest:ident)*) => {};
    (@PublicSetup $game:ty; $other:ident $($rest:ident)*) => { $crate::game!(@PublicSetup $game; $($rest)*); };
    (@PublicSetup $game:ty;) => {
        impl $crate::PublicSetup for $game {
            type PublicSetup = $crate::Setup<<Self as $crate::Configure>::Options>;

            fn public_setup(setup: &Self::PublicSetup) -> Self::PublicSetup {
                ::core::clone::Clone::clone(setup)
            }
        }
    };
    (@Events $game:ty; Events $($rest:ident)*) => {};
    (@Events $game:ty; $other:ident $($rest:ident)*) => { $crate::game!(@Events $game; $($rest)*); };
    (@Events $game:ty;) => {
        impl $crate::Events for $game {
            type Event = $crate::Never;
        }
    };
    (@Standings $game:ty; Standings $($rest:ident)*) => {};
    (@Standings $game:ty; $other:ident $($rest:ident)*) => { $crate::game!(@Standings $game; $($rest)*); };
    (@Standings $game:ty;) => {
        impl $crate::Standings for $game {
            type Standing = ();
        }
    };
    (@Space $game:ty; Space $($rest:ident)*) => {};
    (@Space $game:ty; $other:ident $($rest:ident)*) => { $crate::game!(@Space $game; $($rest)*); };
    (@Space $game:ty;) => {
        // The grid of a tiny world has one cell, so every client sees all entities.
        impl $crate::Space for $game {
            const HAS_SPACE: bool = false;

            fn extent(_: &<Self as $crate::PublicSetup>::PublicSetup) -> $crate::protocol::Position {
                $crate::protocol::Position::at_units(1, 1)
            }

            fn position(_: &<Self as $crate::Game>::Entity) -> $crate::protocol::Position {
                $crate::protocol::Position { x: 0, y: 0 }
            }

            fn focus(&self, _: &$crate::World<Self>, _: $crate::protocol::PlayerId) -> $crate::protocol::Position {
                $crate::protocol::Position { x: 0, y: 0 }
            }
        }
    };
    (@Interact $game:ty; Interact $($rest:ident)*) => {};
    (@Interact $game:ty; $other:ident $($rest:ident)*) => { $crate::game!(@Interact $game; $($rest)*); };
    (@Interact $game:ty;) => {
        impl $crate::Interact for $game {
            const INTERACTS: bool = false;

            fn interact(
                _: &<Self as $crate::PublicSetup>::PublicSetup,
                _: &mut $crate::protocol::Entities<'_, <Self as $crate::Game>::Entity>,
            ) {
            }
        }
    };
    (@AiPlayers $game:ty; AiPlayers $($rest:ident)*) => {};
    (@AiPlayers $game:ty; $other:ident $($rest:ident)*) => { $crate::game!(@AiPlayers $game; $($rest)*); };
    (@AiPlayers $game:ty;) => {
        impl $crate::AiPlayers for $game {
            const HAS_AI_PLAYERS: bool = false;

            fn ai_controls(
                &self,
                _: &$crate::World<Self>,
                _: $crate::protocol::PlayerId,
            ) -> <Self as $crate::Game>::Controls {
                ::core::default::Default::default()
            }
        }
    };
    (@Patches $game:ty; Patches $($rest:ident)*) => {};
    (@Patches $game:ty; $other:ident $($rest:ident)*) => { $crate::game!(@Patches $game; $($rest)*); };
    (@Patches $game:ty;) => {
        impl $crate::Patches for $game {
            type Patch = $crate::Never;

            fn patch_between(
                _: &<Self as $crate::Game>::Entity,
                _: &<Self as $crate::Game>::Entity,
            ) -> ::core::option::Option<$crate::Never> {
                ::core::option::Option::None
            }

            fn patch(_: &mut <Self as $crate::Game>::Entity, patch: &$crate::Never) {
                match *patch {}
            }
        }
    };
    (@Actions $game:ty; Actions $($rest:ident)*) => {};
    (@Actions $game:ty; $other:ident $($rest:ident)*) => { $crate::game!(@Actions $game; $($rest)*); };
    (@Actions $game:ty;) => {
        impl $crate::Actions for $game {
            type Action = $crate::Never;
            type Refusal = $crate::Never;

            fn act(
                &mut self,
                _: &mut $crate::World<Self>,
                _: $crate::protocol::PlayerId,
                action: &$crate::Never,
            ) -> ::core::result::Result<(), $crate::Never> {
                match *action {}
            }
        }
    };
    (@Secrets $game:ty; Secrets $($rest:ident)*) => {};
    (@Secrets $game:ty; $other:ident $($rest:ident)*) => { $crate::game!(@Secrets $game; $($rest)*); };
    (@Secrets $game:ty;) => {
        impl $crate::Secrets for $game {
            const HAS_SECRETS: bool = false;

            type Secret = ();

            fn secret(&self, _: &$crate::World<Self>, _: $crate::protocol::PlayerId) {}

            fn reshuffle(&mut self, _: &$crate::World<Self>, _: $crate::protocol::PlayerId, _: $crate::Rng) {}
        }
    };
    ($game:ty $(: $($part:ident),+ $(,)?)?) => {
        impl $crate::Declared for $game {
            const TYPE_NAME: &'static str = ::core::stringify!($game);
        }
        $crate::game!(@Configure $game; $($($part)+)?);
        $crate::game!(@PublicSetup $game; $($($part)+)?);
        $crate::game!(@Events $game; $($($part)+)?);
        $crate::game!(@Standings $game; $($($part)+)?);
        $crate::game!(@Space $game; $($($part)+)?);
        $crate::game!(@Interact $game; $($($part)+)?);
        $crate::game!(@AiPlayers $game; $($($part)+)?);
        $crate::game!(@Patches $game; $($($part)+)?);
        $crate::game!(@Actions $game; $($($part)+)?);
        $crate::game!(@Secrets $game; $($($part)+)?);
        const _: () = ::core::assert!(
            !(<$game as $crate::Interact>::INTERACTS && <$game as $crate::Space>::HAS_SPACE),
            "a game with `Space` cannot have `Interact`: a client that sees a part of the world cannot compute interactions"
        );
        // Reports a listed trait that the game does not implement, or that does not exist.
        const _: fn() = || {
            $($({
                fn is_implemented<G: $crate::$part>() {}
                is_implemented::<$game>();
            })+)?
        };
    };
}
