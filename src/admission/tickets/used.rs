//! Remembers each used ticket until it expires.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

use sha2::{Digest, Sha256};

use super::{Subject, TicketError, TicketId, Tickets};

/// A used ticket: the time at which it expires, and a hash of its id. Hashes are stored because identifiers may be long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UsedTicket {
    valid_until_s: u64,
    id_hash: Hash,
}

type Hash = [u8; 16];

/// The used tickets. All operations take logarithmic time on average.
#[derive(Debug, Default)]
pub(super) struct UsedTickets {
    /// The user of each ticket, by the hash of the ticket's id. `None` if the ticket has no subject.
    users: HashMap<Hash, Option<Hash>>,
    by_expiry: BTreeSet<UsedTicket>,
    /// Number of used tickets of each user.
    counts: HashMap<Hash, usize>,
    /// Expiry time of the ticket that was forgotten last. Tickets that expire at this time or earlier may have been used
    /// and forgotten, so they are rejected, even if the clock is set back.
    forgotten_until_s: u64,
}

impl UsedTicket {
    pub(super) fn new(id: &TicketId, valid_until_s: u64) -> Self {
        Self { valid_until_s, id_hash: hash(id.as_str()) }
    }
}

fn hash(text: &str) -> Hash {
    *Sha256::digest(text).first_chunk().expect("a SHA-256 hash has 32 bytes")
}

impl UsedTickets {
    /// Records the use of a ticket by a user.
    ///
    /// If [`Tickets::USED_MAX`] tickets are remembered, forgets the one that expires first. From then on, all tickets that
    /// expire at the same time as the forgotten ticket, or earlier, are rejected. Under such a load, some tickets are thus
    /// rejected before they expire, but newly issued tickets are accepted. A single user cannot cause this.
    ///
    /// # Errors
    /// [`TicketError::AlreadyUsed`], [`TicketError::TooMany`], or [`TicketError::Expired`] if it is unknown whether the ticket
    /// was used.
    pub(super) fn insert(&mut self, ticket: UsedTicket, user: Option<&Subject>, now_s: u64) -> Result<(), TicketError> {
        self.forget_expired(now_s);
        if ticket.valid_until_s <= self.forgotten_until_s {
            return Err(TicketError::Expired);
        }
        if self.users.contains_key(&ticket.id_hash) {
            return Err(TicketError::AlreadyUsed);
        }
        let user = user.map(|user| hash(user.as_str()));
        let count = user.and_then(|user| self.counts.get(&user)).copied().unwrap_or_default();
        if count >= Tickets::USED_PER_SUBJECT_MAX {
            return Err(TicketError::TooMany);
        }
        if self.users.len() >= Tickets::USED_MAX {
            let first = *self.by_expiry.first().expect("the memory is full");
            if ticket.valid_until_s <= first.valid_until_s {
                return Err(TicketError::Expired);
            }
            self.forget(first);
        }
        self.users.insert(ticket.id_hash, user);
        self.by_expiry.insert(ticket);
        if let Some(user) = user {
            *self.counts.entry(user).or_default() += 1;
        }
        Ok(())
    }

    /// Makes a ticket usable again.
    pub(super) fn remove(&mut self, ticket: UsedTicket) {
        if !self.by_expiry.remove(&ticket) {
            return;
        }
        if let Some(user) = self.users.remove(&ticket.id_hash).flatten()
            && let Entry::Occupied(mut count) = self.counts.entry(user)
        {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }

    fn forget_expired(&mut self, now_s: u64) {
        while let Some(first) = self.by_expiry.first().copied().filter(|first| first.valid_until_s <= now_s) {
            self.forget(first);
        }
    }

    /// Forgets the ticket that expires first.
    fn forget(&mut self, first: UsedTicket) {
        self.remove(first);
        self.forgotten_until_s = first.valid_until_s;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticket(number: usize, valid_until_s: u64) -> UsedTicket {
        UsedTicket::new(&number.to_string().parse().expect("a number is short"), valid_until_s)
    }

    #[test]
    fn a_ticket_is_accepted_once_unless_it_is_removed() {
        let mut used = UsedTickets::default();
        assert_eq!(used.insert(ticket(0, 10), None, 5), Ok(()));
        assert_eq!(used.insert(ticket(0, 10), None, 6), Err(TicketError::AlreadyUsed));
        assert_eq!(used.insert(ticket(0, 11), None, 6), Err(TicketError::AlreadyUsed), "the id counts");
        used.remove(ticket(0, 10));
        assert_eq!(used.insert(ticket(0, 10), None, 7), Ok(()));
    }

    #[test]
    fn expired_tickets_are_forgotten_and_never_accepted_again() {
        let mut used = UsedTickets::default();
        used.insert(ticket(0, 10), None, 5).expect("unused");
        used.insert(ticket(1, 20), None, 10).expect("unused");
        assert_eq!(used.users.len(), 1);
        assert_eq!(used.insert(ticket(0, 10), None, 5), Err(TicketError::Expired), "the clock was set back");
        assert_eq!(used.insert(ticket(1, 20), None, 5), Err(TicketError::AlreadyUsed));
    }

    #[test]
    fn memory_is_bounded_and_used_tickets_do_not_lock_out_new_ones() {
        let mut used = UsedTickets::default();
        for number in 0..Tickets::USED_MAX {
            used.insert(ticket(number, 10 + number as u64 / 1_000), None, 5).expect("unused");
        }
        for number in 0..10_000 {
            used.insert(ticket(Tickets::USED_MAX + number, 200), None, 5).expect("a new ticket is accepted");
        }
        assert_eq!((used.users.len(), used.by_expiry.len()), (Tickets::USED_MAX, Tickets::USED_MAX));
        for number in 0..Tickets::USED_MAX {
            assert!(used.insert(ticket(number, 10 + number as u64 / 1_000), None, 5).is_err(), "{number} was used");
        }
    }

    #[test]
    fn a_rejected_ticket_displaces_no_other() {
        let mut used = UsedTickets::default();
        for number in 0..Tickets::USED_MAX {
            used.insert(ticket(number, 10 + number as u64), None, 5).expect("unused");
        }
        assert_eq!(used.insert(ticket(1, 11), None, 5), Err(TicketError::AlreadyUsed));
        assert_eq!(used.insert(ticket(Tickets::USED_MAX, 9), None, 5), Err(TicketError::Expired));
        assert_eq!(used.by_expiry.first(), Some(&ticket(0, 10)));
    }

    #[test]
    fn one_user_cannot_exhaust_the_memory() {
        let (ada, bob): (Subject, Subject) = ("ada".parse().expect("short"), "bob".parse().expect("short"));
        let mut used = UsedTickets::default();
        let last = Tickets::USED_PER_SUBJECT_MAX - 1;
        for number in 0..=last {
            used.insert(ticket(number, 10 + number as u64), Some(&ada), 5).expect("unused");
        }
        let next = ticket(last + 1, 1_000);
        assert_eq!(used.insert(next, Some(&ada), 5), Err(TicketError::TooMany));
        assert_eq!(used.insert(ticket(last + 2, 10), Some(&bob), 5), Ok(()));
        used.remove(ticket(last, 10 + last as u64));
        assert_eq!(used.insert(next, Some(&ada), 5), Ok(()), "a released ticket does not count");
        assert_eq!(used.insert(ticket(last + 3, 1_000), Some(&ada), 5), Err(TicketError::TooMany));
        assert_eq!(used.insert(ticket(last + 3, 1_000), Some(&ada), 10), Ok(()), "the first ticket has expired");
        used.forget_expired(2_000);
        assert_eq!((used.users.len(), used.by_expiry.len(), used.counts.len()), (0, 0, 0));
    }
}
