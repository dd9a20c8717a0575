//! Examinations of a model client in virtual time: a correct client passes, and each deliberate fault violates its rule.

use std::collections::{BTreeSet, VecDeque};
use std::time::Duration;

use tickcast_protocol::Role;

use super::model_client::{Fault, ModelClient, ToServer};
use super::{Examiner, TICK};
use crate::report::{Outcome, Report};
use crate::rules::Rule;

/// Longer than any examination.
const TICKS_MAX: u32 = 150 * 30;

fn player() -> Role {
    Role::Player("Ada".to_owned().try_into().expect("the name is short"))
}

/// Examines a client in virtual time. Messages arrive at once.
fn examine(mut client: ModelClient, skipped: &[Rule]) -> Report {
    let mut examiner = Examiner::new(skipped.iter().copied().collect::<BTreeSet<_>>());
    for tick in 0..TICKS_MAX {
        let now = TICK * tick;
        let mut pending: VecDeque<_> = client.poll(now).into();
        exchange(&mut examiner, &mut client, &mut pending, now);
        examiner.poll(now);
        exchange(&mut examiner, &mut client, &mut pending, now);
        if examiner.is_finished() {
            return examiner.report();
        }
    }
    panic!("the examination does not end");
}

/// Exchanges messages until both sides are silent.
fn exchange(examiner: &mut Examiner, client: &mut ModelClient, pending: &mut VecDeque<ToServer>, now: Duration) {
    loop {
        for action in examiner.take_actions() {
            pending.extend(client.handle(action));
        }
        match pending.pop_front() {
            Some(ToServer::Open(request)) => examiner.handle_open(&request, now),
            Some(ToServer::Frame(frame)) => examiner.handle_frame(frame, now),
            Some(ToServer::End) => examiner.handle_end(now),
            None => return,
        }
    }
}

#[test]
fn a_correct_player_passes_all_rules() {
    let report = examine(ModelClient::new(None, player()), &[]);
    assert!(report.passed, "{report}");
    assert_eq!(report.with(Outcome::Passed).len(), Rule::ALL.len(), "{report}");
}

#[test]
fn a_correct_spectator_passes_all_rules_but_those_of_players() {
    let report = examine(ModelClient::new(None, Role::Spectator), &[]);
    assert!(report.passed, "{report}");
    assert_eq!(
        report.with(Outcome::Skipped),
        ["stamp-ahead", "stamp-limit", "stamp-order", "lead", "pace-stamp", "pace-repeat", "resume-token"]
    );
}

#[test]
fn a_client_that_never_reconnects_passes_if_this_is_skipped() {
    let report = examine(ModelClient::new(Some(Fault::NeverReconnects), player()), &[Rule::Reconnects]);
    assert!(report.passed, "{report}");
    assert_eq!(
        report.with(Outcome::Skipped),
        ["pace-stamp", "pace-repeat", "reconnects", "resume-room", "resume-token", "drain-delay"]
    );
}

#[test]
fn each_fault_violates_its_rule() {
    let cases = [
        (Fault::OffersNoSubprotocol, Rule::Subprotocol),
        (Fault::SendsNoHello, Rule::Hello),
        (Fault::SendsAnotherFingerprint, Rule::Hello),
        (Fault::SendsInputBeforeTheHello, Rule::Hello),
        (Fault::SendsText, Rule::Frames),
        (Fault::SendsTrailingBytes, Rule::Messages),
        (Fault::SendsASecondHello, Rule::Messages),
        (Fault::SendsInputBeforeTheFirstSnapshot, Rule::FirstSnapshot),
        (Fault::SendsFourHundredPingsPerSecond, Rule::MessageRate),
        (Fault::Leaves, Rule::StaysConnected),
        (Fault::HasNoTimerForAcknowledgements, Rule::AcknowledgementTimer),
        (Fault::DelaysTheFirstAcknowledgement, Rule::FirstAcknowledgement),
        (Fault::DoesNotCountBytes, Rule::AcknowledgementBytes),
        (Fault::AcknowledgesATickTooMuch, Rule::Acknowledgements),
        (Fault::AcknowledgesDiscardedSnapshots, Rule::Acknowledgements),
        (Fault::AcknowledgesOlderTicks, Rule::Acknowledgements),
        (Fault::IgnoresChecksums, Rule::Checksum),
        (Fault::IgnoresUnknownEntities, Rule::UnknownEntity),
        (Fault::SendsOneResync, Rule::RepeatedResync),
        (Fault::SendsAResyncPerSnapshot, Rule::RepeatedResync),
        (Fault::AppliesSnapshotsTwice, Rule::NeedlessResync),
        (Fault::CountsFullSnapshotsAsDeltas, Rule::Acknowledgements),
        (Fault::DiscardsFullSnapshots, Rule::FullSnapshot),
        (Fault::StampsTheNewestTick, Rule::StampAhead),
        (Fault::StampsTwoSecondsAhead, Rule::StampLimit),
        (Fault::DecreasesStamps, Rule::StampOrder),
        (Fault::KeepsItsLead, Rule::Lead),
        (Fault::KeepsItsLeadOnDemand, Rule::PaceStamp),
        (Fault::RepeatsControlsOnDemand, Rule::PaceRepeat),
        (Fault::NeverReconnects, Rule::Reconnects),
        (Fault::ForgetsTheRoom, Rule::ResumeRoom),
        (Fault::ForgetsTheToken, Rule::ResumeToken),
        (Fault::KeepsTheFirstToken, Rule::ResumeToken),
        (Fault::IgnoresTheDrain, Rule::DrainDelay),
        (Fault::IgnoresFinalCodes, Rule::FinalCode),
    ];
    for (fault, rule) in cases {
        let report = examine(ModelClient::new(Some(fault), player()), &[]);
        assert!(!report.passed, "{fault:?}");
        assert_eq!(report.outcome(rule), Outcome::Failed, "{fault:?}:\n{report}");
    }
    let violated: BTreeSet<_> = cases.into_iter().map(|(_, rule)| rule).collect();
    assert!(violated.into_iter().eq(Rule::ALL.iter().copied()), "a fault violates each rule");
}
