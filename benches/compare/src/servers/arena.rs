//! The small arena; `peers/arena.mjs` is the same in JavaScript. Positions are in eighths of a unit.

const WORLD_SIZE: f64 = 32_000.0;
const HEADINGS: u16 = 1024;
const THRUST: f64 = 4.0;
const DRAG: f64 = 0.96;
const SHIP_BYTES: usize = 7;

/// A room: its ships in the order in which they joined. The index of a ship is its id.
#[derive(Debug, Default)]
pub(super) struct Arena {
    ships: Vec<Ship>,
}

#[derive(Debug)]
struct Ship {
    x: f64,
    y: f64,
    velocity_x: f64,
    velocity_y: f64,
    aim: u16,
    thrust: bool,
}

impl Arena {
    /// Adds a ship. Returns its id.
    pub(super) fn join(&mut self) -> u8 {
        let id = self.ships.len();
        let (x, y) = ((id * 7919 % 32_000) as f64, (id * 104_729 % 32_000) as f64);
        self.ships.push(Ship { x, y, velocity_x: 0.0, velocity_y: 0.0, aim: 0, thrust: false });
        id as u8
    }

    /// Number of ships.
    pub(super) fn len(&self) -> usize {
        self.ships.len()
    }

    /// Sets the controls that an input of two bytes contains.
    pub(super) fn set_controls(&mut self, ship: u8, input: [u8; 2]) {
        let bits = u16::from_le_bytes(input);
        if let Some(ship) = self.ships.get_mut(usize::from(ship)) {
            (ship.aim, ship.thrust) = (bits % HEADINGS, bits >= 0x8000);
        }
    }

    /// Advances all ships by one tick.
    pub(super) fn step(&mut self) {
        self.ships.iter_mut().for_each(Ship::step);
    }

    /// Adds all ships to `update`, in seven bytes each: id, x, y and heading, little-endian.
    pub(super) fn pack(&self, update: &mut Vec<u8>) {
        update.reserve(self.packed_len());
        for (id, ship) in self.ships.iter().enumerate() {
            update.push(id as u8);
            update.extend_from_slice(&(ship.x as u16).to_le_bytes());
            update.extend_from_slice(&(ship.y as u16).to_le_bytes());
            update.extend_from_slice(&ship.aim.to_le_bytes());
        }
    }

    /// Length of a packed update.
    pub(super) fn packed_len(&self) -> usize {
        self.ships.len() * SHIP_BYTES
    }
}

impl Ship {
    fn step(&mut self) {
        if self.thrust {
            let angle = f64::from(self.aim) * std::f64::consts::TAU / f64::from(HEADINGS);
            self.velocity_x += THRUST * angle.cos();
            self.velocity_y += THRUST * angle.sin();
        }
        self.velocity_x *= DRAG;
        self.velocity_y *= DRAG;
        self.x = wrap(self.x + self.velocity_x);
        self.y = wrap(self.y + self.velocity_y);
    }
}

fn wrap(position: f64) -> f64 {
    if position < 0.0 {
        position + WORLD_SIZE
    } else if position >= WORLD_SIZE {
        position - WORLD_SIZE
    } else {
        position
    }
}
