//! Command-line options of `new`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::{GameName, Project, project};

/// Options of a new game.
#[derive(Args, Clone, Debug)]
pub struct NewOptions {
    /// Name of the game and of its folder: lower-case letters, digits and hyphens
    pub name: GameName,
    /// Template: `empty`, players who walk over a field; `discs`, which push each other, with AI players; or `cards`, a
    /// turn-based game with hidden hands
    #[arg(long, value_name = "NAME", default_value = "discs", value_parser = PossibleValuesParser::new(project::templates()))]
    pub template: String,
    /// Checkout of tickcast on which the game depends [default: the one from which this program was built, if it still exists,
    /// otherwise the published version]
    #[arg(long, value_name = "FOLDER")]
    pub checkout: Option<PathBuf>,
}

impl From<NewOptions> for Project {
    fn from(options: NewOptions) -> Self {
        Self::new(options.name, options.template, options.checkout)
    }
}
