//! A stream of events: what was missed, then what happens, until the service stops or the caller may not listen any more.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::stream;
use serde_json::json;
use store::events::{EventRecord, EventTail};
use tokio::sync::watch;
use uuid::Uuid;

use super::EventDocument;
use crate::gate::Refused;
use crate::http::SharedState;
use crate::http::access::{CostReader, Credentials};
use crate::http::grammar::{Fault, Faults, shown};
use crate::http::problem::{Problem, ProblemKind};
use crate::http::throttle::asker_of;
use crate::limits::{NoStream, StreamPlace};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Proxies that collect what they pass on must not.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
/// After which time a client that has lost its stream comes again.
const COME_AGAIN_AFTER: Duration = Duration::from_secs(3);
/// Shorter than proxies and load balancers wait for a word.
const KEPT_ALIVE_EVERY: Duration = Duration::from_secs(15);
/// How often it is asked whether the caller may still listen. It is asked before every event, too.
const ASKED_AGAIN_EVERY: Duration = Duration::from_secs(5);
/// How long to wait for a database that does not answer.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// Events that are read at a time.
const PIECE: i64 = 100;

/// A stream that somebody listens to.
pub(super) struct Feed {
    state: SharedState,
    credentials: Credentials,
    announced: watch::Receiver<i64>,
    /// The place in the log up to which everything was told.
    told: i64,
    /// What is to be told next.
    ready: VecDeque<Event>,
    _place: StreamPlace,
}

impl Feed {
    /// Begins a stream for a caller who may have one more.
    pub(super) async fn open(
        state: &SharedState,
        reader: &CostReader,
        headers: &HeaderMap,
        last_event_id: Option<Uuid>,
    ) -> Result<Self, Problem> {
        let place = state.limits.begin_stream(asker_of(&reader.caller, reader.address)).map_err(no_stream)?;
        // Subscribed before anything is read, so that what happens meanwhile is told.
        let mut announced = state.versions.events();
        announced.mark_changed();
        let tail = state.store.event_tail().await?;
        let told = match last_event_id {
            None => tail.sequence,
            // What is not known any more is older than all that is.
            Some(id) => state.store.place_of_event(id).await?.unwrap_or_default(),
        };
        let ready = VecDeque::from([current(&tail, last_event_id.is_none())]);
        let credentials = Credentials::of(headers);
        Ok(Self { state: state.clone(), credentials, announced, told, ready, _place: place })
    }

    /// The next event; `None` where the stream ends.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            let stop = self.state.stop.clone();
            tokio::select! {
                () = stop.cancelled() => return None,
                more = self.wait_for_more() => more?,
            }
        }
    }

    /// Fills what is to be told next, as far as there is anything; `None` where the caller may not listen any more.
    async fn wait_for_more(&mut self) -> Option<()> {
        let has_news = match tokio::time::timeout(ASKED_AGAIN_EVERY, self.announced.changed()).await {
            Ok(announced) => announced.is_ok(),
            Err(_) => false,
        };
        if !self.may_listen().await {
            return None;
        }
        if has_news {
            match self.state.store.events_after(self.told, PIECE).await {
                Ok(events) => self.take(events),
                Err(error) => {
                    tracing::debug!(%error, "a stream of events waits for the database");
                    tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
                    self.announced.mark_changed();
                }
            }
        }
        Some(())
    }

    fn take(&mut self, events: Vec<EventRecord>) {
        if let Some(last) = events.last() {
            self.told = last.sequence;
            // There may be more of them.
            self.announced.mark_changed();
        }
        self.ready.extend(events.into_iter().map(told));
    }

    /// Whether the credentials with which the stream was begun are still good for it. Where that cannot be told, they are.
    async fn may_listen(&self) -> bool {
        match self.state.gate.identify(self.credentials.presented(), self.state.clock.now()).await {
            Ok(caller) => caller.is_some_and(|caller| self.state.gate.sight_of(&caller).is_some()),
            Err(Refused::NotAccepted(_)) => false,
            Err(Refused::ProviderUnreachable | Refused::Store(_)) => true,
        }
    }
}

impl IntoResponse for Feed {
    fn into_response(self) -> Response {
        let events = stream::unfold(self, async |mut feed| Some((Ok::<_, Infallible>(feed.next().await?), feed)));
        let stream = Sse::new(events).keep_alive(KeepAlive::new().interval(KEPT_ALIVE_EVERY));
        ([UNBUFFERED, (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], stream).into_response()
    }
}

/// What is served as the stream begins. Whoever begins anew goes on from here; whoever resumes has the place already from where.
fn current(tail: &EventTail, is_new: bool) -> Event {
    let data = json!({
        "type": "data.version.current",
        "data": { "data_version": format!("v{}", tail.data_version), "published_at": tail.published_at },
    });
    let event = Event::default().retry(COME_AGAIN_AFTER).event("data.version.current").data(data.to_string());
    match tail.event_id.filter(|_| is_new) {
        Some(id) => event.id(id.to_string()),
        None => event,
    }
}

fn told(record: EventRecord) -> Event {
    let event = EventDocument::from(record);
    let data = event.to_json();
    Event::default().id(event.id.to_string()).event(event.kind).data(data)
}

/// From where a stream is resumed.
pub(super) fn last_event_id(headers: &HeaderMap) -> Result<Option<Uuid>, Faults> {
    let mut given = headers.get_all(LAST_EVENT_ID).iter();
    let Some(value) = given.next() else { return Ok(None) };
    if given.next().is_some() {
        let detail = "`Last-Event-ID` was given more than once; send the last `id` of the stream alone";
        return Err(Fault::new(ProblemKind::RepeatedParameter, "Last-Event-ID", detail).into());
    }
    let text = String::from_utf8_lossy(value.as_bytes());
    let id = Uuid::try_parse(&text).ok().filter(|id| id.to_string() == text);
    id.map(Some).ok_or_else(|| {
        let detail =
            format!("`{}` is not the id of an event; send the last `id` of the stream, or nothing", shown(&text));
        Fault::invalid_value("Last-Event-ID", detail).into()
    })
}

fn no_stream(reason: NoStream) -> Problem {
    match reason {
        NoStream::OfCaller { most } => {
            let detail =
                format!("{most} streams are open for this caller, which is as many as each may have; close one");
            Problem::new(ProblemKind::TooManyRequests, detail).with_retry_after(COME_AGAIN_AFTER)
        }
        NoStream::OfAll => {
            let detail = "as many streams are open as the service has room for; try again, or read the list";
            Problem::new(ProblemKind::Overloaded, detail).with_retry_after(COME_AGAIN_AFTER)
        }
    }
}
