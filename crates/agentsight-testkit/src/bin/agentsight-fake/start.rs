use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use agentsight_testkit::{FakeApi, FakeClock, FakeKey, FakeOptions, FakeServer, FaultPlan, Role};
use tokio::runtime;
use tokio::time::{MissedTickBehavior, interval};

use crate::arguments::Arguments;
use crate::data_file::DataFile;
use crate::failure::Failure;
use crate::keeper::Keeper;
use crate::output::{announce, say, warn_of_others};
use crate::port_file::PortFile;
use crate::seed::seed;
use crate::stop::Stop;

/// Runs the service until it is asked to stop.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(format!("the system gives no event queue: {error}")))?;
    runtime.block_on(serve(arguments))
}

async fn serve(arguments: &Arguments) -> Result<(), Failure> {
    // A signal that comes while a large file is read is kept until the service runs, and ends it properly then.
    let mut stop = Stop::listen().map_err(|error| Failure::new(format!("signals cannot be received: {error}")))?;
    let faults = arguments.faults.as_deref().map(read_faults).transpose()?.unwrap_or_default();
    let api = FakeApi::with_options(options(arguments));
    let file = arguments.data.as_deref().map(DataFile::open).transpose()?;
    let mut keeper = file.map(|file| Keeper::open(file, &api)).transpose()?;
    fill(&api, arguments)?;
    if let Some(keeper) = &mut keeper {
        keeper.save_now()?;
    }

    if let Some(path) = &arguments.port_file {
        PortFile::prepare(path)?;
    }
    let address = SocketAddr::from((arguments.listen, arguments.port));
    let server = FakeServer::builder().api(api).faults(faults).address(address).console(true);
    let server = arguments.allow_host.iter().fold(server, |server, name| server.console_host(name)).start();
    let server = server.map_err(|error| cannot_listen(address, &error))?;
    warn_of_others(server.address());
    announce(&server, arguments.read_only_key.as_deref());
    // Last, so that a script that waits for this file finds everything else done.
    let port_file = arguments.port_file.as_deref().map(|path| PortFile::write(path, server.address().port()));
    let port_file = port_file.transpose()?;

    let mut look = interval(Keeper::LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.asked() => break,
            _ = look.tick(), if keeper.is_some() => {
                if let Some(keeper) = &mut keeper {
                    keeper.look();
                }
            }
        }
    }
    drop(port_file);
    // Nothing changes any more once the server is gone.
    drop(server);
    match &mut keeper {
        Some(keeper) => keeper.save_now(),
        None => Ok(()),
    }
}

fn options(arguments: &Arguments) -> FakeOptions {
    let mut options = FakeOptions::new().clock(FakeClock::system()).page_size(usize::from(arguments.page_size));
    for slug in &arguments.environment {
        options = options.environment(slug);
    }
    if let Some(limit) = arguments.rate_limit {
        options = options.rate_limit(limit);
    }
    match (&arguments.api_key, &arguments.read_only_key) {
        (None, None) => return options,
        (Some(key), _) => options = options.key(FakeKey::new(key.trim())),
        // Once a key is known no other is accepted, so that the usual one has to be known too.
        (None, Some(_)) => options = options.key(FakeKey::new(FakeApi::new().api_key())),
    }
    match &arguments.read_only_key {
        Some(key) => options.key(FakeKey::new(key.trim()).role(Role::Read)),
        None => options,
    }
}

fn fill(api: &FakeApi, arguments: &Arguments) -> Result<(), Failure> {
    if arguments.demo {
        say(format_args!("{} sample conversations added", api.seed_demo()));
    }
    for path in &arguments.seed_data {
        say(format_args!("{} conversations of {} added", seed(api, path)?, path.display()));
    }
    Ok(())
}

fn read_faults(path: &Path) -> Result<FaultPlan, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::reading(path, &error))?;
    FaultPlan::from_json(&text).map_err(|invalid| Failure::new(format!("{}: {invalid}", path.display())))
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> Failure {
    Failure::new(match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "port {} is taken: another program listens on {address}. Stop it, or choose another with --port (0 takes a \
             free one)",
            address.port()
        ),
        io::ErrorKind::AddrNotAvailable => {
            format!("{} is no address of this machine; leave --listen out to listen on 127.0.0.1", address.ip())
        }
        io::ErrorKind::PermissionDenied => {
            format!("port {} may not be listened on; choose one above 1023 with --port", address.port())
        }
        _ => format!("cannot listen on {address}: {error}"),
    })
}
