use std::collections::{BTreeMap, HashMap};

use super::rows::ActionRow;

/// The actions of every agent, by number and by name.
#[derive(Debug, Default)]
pub(crate) struct ActionTable {
    rows: BTreeMap<u64, ActionRow>,
    by_name: HashMap<u64, HashMap<String, u64>>,
}

impl ActionTable {
    /// The action of that number, if it is this agent's.
    pub(crate) fn get(&self, agent: u64, number: u64) -> Option<&ActionRow> {
        self.rows.get(&number).filter(|action| action.agent == agent)
    }

    /// An agent's action of that name; there is at most one (wire: 1.16).
    pub(crate) fn find(&self, agent: u64, name: &str) -> Option<&ActionRow> {
        self.rows.get(self.by_name.get(&agent)?.get(name)?)
    }

    /// The actions of an agent, by number.
    pub(crate) fn of(&self, agent: u64) -> impl Iterator<Item = &ActionRow> {
        self.rows.values().filter(move |action| action.agent == agent)
    }

    /// Stores an action whose name its agent does not use yet.
    pub(crate) fn insert(&mut self, action: ActionRow) {
        self.by_name.entry(action.agent).or_default().insert(action.name.clone(), action.number);
        self.rows.insert(action.number, action);
    }

    /// Changes an action. A new name is one that its agent does not use yet.
    pub(crate) fn change(&mut self, number: u64, change: impl FnOnce(&mut ActionRow)) {
        let Some(action) = self.rows.get_mut(&number) else { return };
        let before = action.name.clone();
        change(action);
        if action.name != before {
            let names = self.by_name.entry(action.agent).or_default();
            names.remove(&before);
            names.insert(action.name.clone(), number);
        }
    }
}
