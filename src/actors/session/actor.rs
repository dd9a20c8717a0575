//! What the actors of all sessions have in common.

use actix::dev::ToEnvelope;
use actix::{Actor, ActorContext, AsyncContext, Handler};
use tickcast_game::GameProtocol;

use super::join_request::Joined;
use super::{Session, Step};
use crate::actors::messages::SessionCommand;

/// The actor of a session. It passes to the [`Session`] what it receives, and carries out the session's next steps.
pub(super) trait SessionActor<G: GameProtocol>:
    Actor<Context: AsyncContext<Self> + ToEnvelope<Self, Joined<G>> + ToEnvelope<Self, SessionCommand>>
    + Handler<Joined<G>>
    + Handler<SessionCommand>
{
    /// The session.
    fn session(&mut self) -> &mut Session<G>;

    /// Starts the session and its Hello timeout.
    fn start_session(&mut self, ctx: &mut Self::Context) {
        let session = self.session();
        session.handle_started(ctx.address().recipient());
        ctx.run_later(session.worker.timeouts().hello, |actor, ctx| {
            let step = actor.session().handle_hello_timeout();
            actor.follow(step, ctx);
        });
    }

    /// Carries out the session's next step.
    fn follow(&mut self, step: Step<G>, ctx: &mut Self::Context) {
        match step {
            Step::Continue => {}
            Step::Stop => ctx.stop(),
            Step::Join(request) => {
                ctx.run_later(self.session().worker.timeouts().join, |actor, ctx| {
                    let step = actor.session().handle_join_timeout();
                    actor.follow(step, ctx);
                });
                request.spawn(ctx.address().recipient());
            }
        }
    }
}
