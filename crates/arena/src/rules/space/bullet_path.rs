//! Swept collision test of bullets.

use crate::wire::motion::BULLET_SPEED;
use crate::wire::{Bullet, Entity, Rules, ids};
use tickcast_game::protocol::{EntityId, EntityMap, Position, Velocity};

use super::obstacles::Obstacles;
use super::spatial_grid::Body;

/// Path of a bullet in one tick. At ten ticks per second, the path is 64 world units long. A test of its end points alone
/// would let bullets pass through ships.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) struct BulletPath {
    pub(in crate::rules) bullet: EntityId,
    from: Position,
    to: Position,
}

impl BulletPath {
    /// The paths of all bullets in this tick. Must be called before coasting: bullets that expire in this tick can still
    /// hit, but coasting removes them.
    pub(in crate::rules) fn all(rules: &Rules, entities: &EntityMap<Entity>) -> Vec<Self> {
        let beyond_bullets = entities.range(ids::BULLETS_END..EntityId::LIMIT);
        debug_assert_eq!(beyond_bullets.len(), 0, "an entity has an id that `ids` does not assign: it would hit nothing");
        let bullets = entities.range(ids::SCENERY_END..ids::BULLETS_END);
        bullets.filter_map(|(id, entity)| Self::of(rules, id, entity)).collect()
    }

    fn of(rules: &Rules, id: EntityId, entity: &Entity) -> Option<Self> {
        let Entity::Bullet(bullet) = entity else { return None };
        let velocity = Velocity::towards(bullet.heading, BULLET_SPEED);
        let to = bullet.position.moved(velocity, rules.tick_rate.into());
        Some(Self { bullet: id, from: bullet.position, to })
    }

    /// Of the ships and rocks that `is_target` accepts, returns the one that the bullet hits first. If the bullet hits
    /// several at the same time, returns the one with the lowest id.
    pub(in crate::rules) fn first_hit(
        &self,
        obstacles: &Obstacles,
        is_target: impl Fn(EntityId) -> bool,
    ) -> Option<EntityId> {
        let ships = obstacles.ships.near(self.from, self.to, Bullet::RADIUS);
        let rocks = obstacles.rocks.near(self.from, self.to, Bullet::RADIUS);
        let hits = ships.chain(rocks).filter_map(|body| self.time_of_hit(body).map(|time| (time, body.id)));
        hits.filter(|(_, id)| is_target(*id)).min().map(|(_, id)| id)
    }

    /// The time of the closest approach to a body, in 65536ths of the tick. `None` if the bullet does not touch the body.
    ///
    /// Relative to the centre of the body, the bullet moves along a line segment. It touches the body if the distance between
    /// the segment and the centre is at most the sum of the radii. The comparison is exact: instead of dividing, it multiplies
    /// both sides by the squared length of the segment.
    fn time_of_hit(&self, body: &Body) -> Option<i64> {
        let start = difference(body.from, self.from);
        let end = difference(body.to, self.to);
        let segment = (end.0 - start.0, end.1 - start.1);
        let radius_squared = square(i64::from(body.radius + Bullet::RADIUS));
        let length_squared = dot(segment, segment);
        let projection = -dot(start, segment);
        if projection <= 0 {
            (dot(start, start) <= radius_squared).then_some(0)
        } else if projection >= length_squared {
            (dot(end, end) <= radius_squared).then_some(1 << 16)
        } else {
            let is_hit = (dot(start, start) - radius_squared) * length_squared <= square(projection);
            is_hit.then(|| (projection << 16) / length_squared)
        }
    }
}

fn difference(from: Position, to: Position) -> (i64, i64) {
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

    /// A bullet that flies 64 world units to the right from (100, 100).
    const PATH: BulletPath = BulletPath {
        bullet: EntityId(ids::SCENERY_END),
        from: Position::at_units(100, 100),
        to: Position::at_units(164, 100),
    };

    /// A body with a radius of 16 world units that moves between these positions.
    fn body(from: (i32, i32), to: (i32, i32)) -> Body {
        let radius = 16 * Position::UNIT;
        Body { id: EntityId(1), from: Position::at_units(from.0, from.1), to: Position::at_units(to.0, to.1), radius }
    }

    fn hits_body_at_rest(x: i32, y: i32) -> bool {
        PATH.time_of_hit(&body((x, y), (x, y))).is_some()
    }

    #[test]
    fn a_body_beside_the_path_is_hit_within_the_sum_of_the_radii() {
        assert!(hits_body_at_rest(130, 119) && !hits_body_at_rest(130, 120));
        assert!(hits_body_at_rest(130, 81) && !hits_body_at_rest(130, 80));
    }

    #[test]
    fn a_body_behind_or_beyond_the_path_is_hit_at_the_ends_only() {
        assert!(hits_body_at_rest(81, 100) && !hits_body_at_rest(80, 100));
        assert!(hits_body_at_rest(183, 100) && !hits_body_at_rest(184, 100));
        assert!(!hits_body_at_rest(86, 114), "the ends of the path are round");
    }

    #[test]
    fn moving_bodies_are_hit_between_their_end_positions() {
        assert!(PATH.time_of_hit(&body((175, 100), (125, 100))).is_some(), "head-on");
        assert!(PATH.time_of_hit(&body((132, 150), (132, 50))).is_some(), "crossing");
        assert!(PATH.time_of_hit(&body((130, 100), (194, 100))).is_none(), "moving away at the speed of the bullet");
    }

    #[test]
    fn the_nearer_of_two_bodies_is_hit_first() {
        let time = |x| PATH.time_of_hit(&body((x, 105), (x, 105)));
        assert!(time(120) < time(150));
    }
}
