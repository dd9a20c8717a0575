//! How a bullet flew in one tick, and what was in its way.

use tickcast_protocol::arena::motion::BULLET_SPEED;
use tickcast_protocol::arena::{Bullet, Entity, Rules, ids};
use tickcast_protocol::{EntityId, EntityMap, Position, Velocity};

use super::buckets::Body;
use super::surroundings::Surroundings;

/// How a bullet flew in one tick: at ten ticks a second it is 64 units, and nothing on the way is to be missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flight {
    pub(super) bullet: EntityId,
    from: Position,
    to: Position,
}

impl Flight {
    /// How all bullets are about to fly. Those that end by coasting are among them: their last stretch counts.
    pub(super) fn all(rules: &Rules, entities: &EntityMap<Entity>) -> Vec<Self> {
        let bullets = entities.range(ids::SCENERY_END..ids::BULLETS_END);
        bullets.filter_map(|(id, entity)| Self::of(rules, id, entity)).collect()
    }

    fn of(rules: &Rules, id: EntityId, entity: &Entity) -> Option<Self> {
        let Entity::Bullet(bullet) = entity else { return None };
        let velocity = Velocity::towards(bullet.heading, BULLET_SPEED);
        let to = bullet.position.moved(velocity, rules.tick_rate.into());
        Some(Self { bullet: id, from: bullet.position, to })
    }

    /// The first ship or rock in the way that counts; of two at once, the one with the smaller id.
    pub(super) fn first_hit(&self, around: &Surroundings, counts: impl Fn(EntityId) -> bool) -> Option<EntityId> {
        let ships = around.ships.near(self.from, self.to, Bullet::RADIUS);
        let rocks = around.rocks.near(self.from, self.to, Bullet::RADIUS);
        let hits = ships.chain(rocks).filter_map(|body| self.meets(body).map(|when| (when, body.id)));
        hits.filter(|(_, id)| counts(*id)).min().map(|(_, id)| id)
    }

    /// When in the tick the bullet came closest to the body, in 65536ths, if it touched it.
    ///
    /// Seen from the body, the bullet flew along a line; the body is touched where that line comes near enough. All of it is
    /// exact: both sides of the comparison are multiplied by the squared length of the line.
    fn meets(&self, body: &Body) -> Option<i64> {
        let start = between(body.from, self.from);
        let end = between(body.to, self.to);
        let line = (end.0 - start.0, end.1 - start.1);
        let touching = square(i64::from(body.radius + Bullet::RADIUS));
        let length = dot(line, line);
        let ahead = -dot(start, line);
        if ahead <= 0 {
            (dot(start, start) <= touching).then_some(0)
        } else if ahead >= length {
            (dot(end, end) <= touching).then_some(1 << 16)
        } else {
            ((dot(start, start) - touching) * length <= square(ahead)).then(|| (ahead << 16) / length)
        }
    }
}

fn between(from: Position, to: Position) -> (i64, i64) {
    (i64::from(to.x) - i64::from(from.x), i64::from(to.y) - i64::from(from.y))
}

fn dot(a: (i64, i64), b: (i64, i64)) -> i64 {
    a.0 * b.0 + a.1 * b.1
}

fn square(number: i64) -> i64 {
    number * number
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bullet that flies from the left to the right, 64 units from (100, 100).
    const FLIGHT: Flight =
        Flight { bullet: EntityId(ids::SCENERY_END), from: Position::at_units(100, 100), to: Position::at_units(164, 100) };

    fn body(from: (i32, i32), to: (i32, i32)) -> Body {
        let radius = 16 * Position::UNIT;
        Body { id: EntityId(1), from: Position::at_units(from.0, from.1), to: Position::at_units(to.0, to.1), radius }
    }

    fn meets_resting(x: i32, y: i32) -> bool {
        FLIGHT.meets(&body((x, y), (x, y))).is_some()
    }

    #[test]
    fn what_lies_beside_the_line_is_touched_within_both_radii() {
        assert!(meets_resting(130, 119) && !meets_resting(130, 120));
        assert!(meets_resting(130, 81) && !meets_resting(130, 80));
    }

    #[test]
    fn what_lies_behind_or_beyond_is_touched_at_the_ends_only() {
        assert!(meets_resting(81, 100) && !meets_resting(80, 100));
        assert!(meets_resting(183, 100) && !meets_resting(184, 100));
        assert!(!meets_resting(86, 114), "not around the corner");
    }

    #[test]
    fn bodies_that_pass_each_other_meet_on_the_way() {
        assert!(FLIGHT.meets(&body((175, 100), (125, 100))).is_some(), "head on");
        assert!(FLIGHT.meets(&body((132, 150), (132, 50))).is_some(), "across");
        assert!(FLIGHT.meets(&body((130, 100), (194, 100))).is_none(), "it runs away as fast");
    }

    #[test]
    fn the_nearer_of_two_is_met_first() {
        let when = |x| FLIGHT.meets(&body((x, 105), (x, 105)));
        assert!(when(120) < when(150));
    }
}
