use chrono::TimeDelta;
use uuid::Uuid;

/// How long to wait after each try that failed, as Standard Webhooks proposes; then a message is given up, after three days.
const WAITS: [TimeDelta; 9] = [
    TimeDelta::seconds(5),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(5),
    TimeDelta::hours(10),
    TimeDelta::hours(14),
    TimeDelta::hours(20),
    TimeDelta::hours(24),
];

/// How long to wait after a try that failed, when so many had failed before; `None` where the message is given up.
///
/// Up to a tenth longer, so that a receiver that was away does not get all that it missed in one moment; always the same for
/// one message.
pub(super) fn next(delivery_id: Uuid, attempts_before: i32) -> Option<TimeDelta> {
    let wait = *WAITS.get(usize::try_from(attempts_before).ok()?)?;
    let share = i32::from(delivery_id.as_bytes()[15]);
    Some(wait + wait * share / 2550)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_tried_ten_times_over_three_days() {
        let waits: Vec<TimeDelta> = (0..).map_while(|attempts| next(Uuid::nil(), attempts)).collect();
        assert_eq!(waits, WAITS);
        assert!((TimeDelta::days(3)..TimeDelta::days(4)).contains(&waits.iter().sum::<TimeDelta>()));
        assert_eq!(next(Uuid::max(), 0), Some(TimeDelta::milliseconds(5500)));
        assert_eq!(next(Uuid::nil(), -1), None);
    }
}
