use std::time::{Duration, Instant};

use agentsight_testkit::FakeApi;

use crate::data_file::DataFile;
use crate::failure::Failure;
use crate::output::say;
use crate::save_schedule::SaveSchedule;

/// Keeps the data file up with what the service holds.
#[derive(Debug)]
pub(crate) struct Keeper {
    file: DataFile,
    api: FakeApi,
    schedule: SaveSchedule,
    start: Instant,
    has_failed: bool,
}

impl Keeper {
    /// How often to look whether anything has changed.
    pub(crate) const LOOK: Duration = Duration::from_millis(100);

    /// Fills an empty service from the file.
    pub(crate) fn open(file: DataFile, api: &FakeApi) -> Result<Self, Failure> {
        // What is not there yet is written at the first opportunity: a folder that cannot be written shows at once.
        let mut saved = None;
        if let Some(snapshot) = file.load()? {
            api.restore(&snapshot).map_err(|invalid| file.damaged(&file.locate(invalid)))?;
            saved = Some(api.changes());
        }
        let schedule = SaveSchedule::new(saved);
        Ok(Self { file, api: api.clone(), schedule, start: Instant::now(), has_failed: false })
    }

    /// Saves if it is time to.
    pub(crate) fn look(&mut self) {
        let now = self.start.elapsed();
        if !self.schedule.is_due(self.api.changes(), now) {
            return;
        }
        match self.save(now) {
            Ok(()) if self.has_failed => {
                self.has_failed = false;
                say(format_args!("{} can be written again", self.file.path().display()));
            }
            Ok(()) => {}
            Err(failure) => {
                self.schedule.failed(self.start.elapsed());
                if !self.has_failed {
                    self.has_failed = true;
                    say(format_args!("warning: {failure}. It is tried again; until then a restart loses what is new"));
                }
            }
        }
    }

    /// Saves what is not saved yet.
    pub(crate) fn save_now(&mut self) -> Result<(), Failure> {
        match self.schedule.is_behind(self.api.changes()) {
            true => self.save(self.start.elapsed()),
            false => Ok(()),
        }
    }

    /// The count is taken first: what changes until the store is read is saved once more.
    fn save(&mut self, began: Duration) -> Result<(), Failure> {
        let changes = self.api.changes();
        let mut snapshot = Vec::new();
        let saved = self.api.write_snapshot(&mut snapshot).and_then(|()| self.file.save(&snapshot));
        saved.map_err(|error| Failure::writing(self.file.path(), &error))?;
        self.schedule.saved(changes, began, self.start.elapsed());
        Ok(())
    }
}
