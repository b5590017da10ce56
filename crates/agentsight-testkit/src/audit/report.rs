use std::fmt;

use super::compare::kind_name;
use super::{Audit, ConversationAudit, Duplicate, Traffic};

/// How many lines of a kind are written; the rest is counted.
const MOST: usize = 20;

impl fmt::Display for Audit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { accepted, duplicated, reordered, missing, traffic, conversations, .. } = self;
        let missing_count = missing.len();
        writeln!(
            f,
            "{accepted} accepted, {duplicated} duplicated, {reordered} reordered, {missing_count} missing; {traffic}"
        )?;
        for lost in missing.iter().take(MOST) {
            writeln!(f, "  {:?}: {} {} is missing", lost.conversation_id, kind_name(lost.kind), lost.position)?;
        }
        for conversation in conversations.iter().take(MOST) {
            conversation.fmt(f)?;
        }
        match conversations.len().saturating_sub(MOST) {
            0 => Ok(()),
            more => writeln!(f, "and {more} more conversations"),
        }
    }
}

impl fmt::Display for ConversationAudit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:?}: {} accepted; {}", self.conversation_id, self.accepted.len(), self.traffic)?;
        for found in self.duplicated.iter().take(MOST) {
            let Duplicate { first, again, file, kind, .. } = found;
            match file {
                Some(file) => writeln!(f, "  {} {first} has file {file} twice", kind_name(*kind))?,
                None => writeln!(f, "  {} {first} came again as {again}", kind_name(*kind))?,
            }
        }
        for found in self.reordered.iter().take(MOST) {
            writeln!(f, "  {} {} belongs at {}", kind_name(found.kind), found.arrived, found.belongs)?;
        }
        Ok(())
    }
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, most_parallel, early, bytes_in, bytes_out, .. } = self;
        write!(
            f,
            "{requests} requests, at most {most_parallel} at once, {early} too early, {bytes_in} bytes in, {bytes_out} out"
        )
    }
}
