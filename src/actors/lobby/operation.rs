//! Passes requests of operators to rooms.

use std::sync::atomic::Ordering;

use actix::{Context, Handler, MessageResult, ResponseFuture};
use tickcast_game::Simulation;

use super::Lobby;
use crate::actors::messages::{CloseBanned, ListAllRooms, OperateRoom, OperatedRoom, Operation, RoomReport, RunOperation};

impl<S: Simulation> Handler<ListAllRooms> for Lobby<S> {
    type Result = MessageResult<ListAllRooms>;

    fn handle(&mut self, _: ListAllRooms, _: &mut Context<Self>) -> Self::Result {
        let rooms = self.rooms.iter().map(|(name, entry)| OperatedRoom {
            info: entry.info(name),
            paused: entry.status.is_paused.load(Ordering::Relaxed),
        });
        MessageResult(rooms.collect())
    }
}

impl<S: Simulation> Handler<OperateRoom> for Lobby<S> {
    type Result = ResponseFuture<Option<RoomReport>>;

    fn handle(&mut self, OperateRoom { name, operation }: OperateRoom, _: &mut Context<Self>) -> Self::Result {
        let room = self.rooms.get(&name).map(|entry| entry.room.clone());
        Box::pin(async {
            // Sending fails if the room has ended.
            room?.opened().await?.operate.send(RunOperation(operation)).await.ok().flatten()
        })
    }
}

impl<S: Simulation> Handler<CloseBanned> for Lobby<S> {
    type Result = ();

    fn handle(&mut self, CloseBanned(ban): CloseBanned, _: &mut Context<Self>) {
        for room in self.rooms.values().map(|entry| entry.room.clone()) {
            let operation = Operation::CloseBanned(ban.clone());
            actix::spawn(async {
                if let Some(room) = room.opened().await {
                    room.operate.do_send(RunOperation(operation));
                }
            });
        }
    }
}
