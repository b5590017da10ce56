use bytes::Bytes;

use super::{Control, Handled, body};
use crate::console::{ConsoleAnswer, Refusal};
use crate::fault::{FaultPlan, FaultRule, InvalidFaults};

impl Control {
    pub(super) fn show_faults(&self) -> ConsoleAnswer {
        ConsoleAnswer::ok(&self.faults().to_json())
    }

    pub(super) fn replace_faults(&self, body: &Bytes) -> Handled {
        *self.faults() = FaultPlan::from_json(body::text(body)?)?;
        Ok(self.show_faults())
    }

    pub(super) fn add_fault(&self, body: &Bytes) -> Handled {
        let rule = FaultRule::from_json(body::text(body)?)?;
        self.faults().add(rule);
        Ok(self.show_faults())
    }

    pub(super) fn clear_faults(&self) -> ConsoleAnswer {
        *self.faults() = FaultPlan::new();
        self.show_faults()
    }
}

impl From<InvalidFaults> for Refusal {
    fn from(invalid: InvalidFaults) -> Self {
        Self::bad_request(invalid.to_string())
    }
}
