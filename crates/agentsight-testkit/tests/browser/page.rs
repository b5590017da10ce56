use std::fs;
use std::path::Path;

use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, Locator};
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

use crate::Tested;
use crate::waiting::eventually;

/// What an element is to a person who does not see it: the roles that the inspector uses.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Role {
    Article,
    Button,
    Field,
    Link,
    List,
    Navigation,
    Searchbox,
    Status,
}

impl Role {
    /// The elements that may have the role. Which of them do is for the browser to say.
    fn candidates(self) -> &'static str {
        match self {
            Self::Article => "article, [role=article]",
            Self::Button => "button, summary, input[type=submit], [role=button]",
            Self::Field => "input, select, textarea",
            Self::Link => "a[href], [role=link]",
            Self::List => "ul, ol, [role=list]",
            Self::Navigation => "nav, [role=navigation]",
            Self::Searchbox => "input[type=search], [role=searchbox]",
            Self::Status => "output, [role=status]",
        }
    }

    /// What the browser calls it; none where several will do.
    fn computed(self) -> Option<&'static str> {
        match self {
            Self::Article => Some("article"),
            Self::Button => Some("button"),
            Self::Field => None,
            Self::Link => Some("link"),
            Self::List => Some("list"),
            Self::Navigation => Some("navigation"),
            Self::Searchbox => Some("searchbox"),
            Self::Status => Some("status"),
        }
    }
}

/// The inspector in a tab of its own.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    client: Client,
    url: String,
}

impl Page {
    /// Opens the inspector of the service at an address: 1280 × 900, light.
    pub(crate) async fn open(client: Client, url: &str) -> Tested<Self> {
        let page = Self { client, url: url.to_owned() };
        page.resize(1280, 900).await?;
        page.prefer("light").await?;
        page.go("#/conversations").await?;
        Ok(page)
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Goes to a place of the inspector: what stands after `/` in its address.
    pub(crate) async fn go(&self, place: &str) -> Tested {
        Ok(self.client.goto(&format!("{}/{place}", self.url)).await?)
    }

    /// What stands after `#` in the address now.
    pub(crate) async fn place(&self) -> Tested<String> {
        Ok(self.client.current_url().await?.fragment().unwrap_or_default().to_owned())
    }

    /// The element of a role and a name, as soon as it is there and can be seen.
    pub(crate) async fn find(&self, role: Role, name: &str) -> Tested<Element> {
        eventually(format!("the {role:?} {name:?}"), async || self.look_for(role, name).await).await
    }

    /// Whether there is such an element now.
    pub(crate) async fn has(&self, role: Role, name: &str) -> Tested<bool> {
        Ok(self.look_for(role, name).await?.is_some())
    }

    pub(crate) async fn click(&self, role: Role, name: &str) -> Tested {
        eventually(format!("a click on the {role:?} {name:?}"), async || match self.look_for(role, name).await? {
            Some(found) => found.click().await.map(Some),
            None => Ok(None),
        })
        .await
    }

    /// Puts text into a field instead of what it holds.
    pub(crate) async fn enter(&self, role: Role, name: &str, text: &str) -> Tested {
        let field = self.find(role, name).await?;
        field.clear().await?;
        Ok(field.send_keys(text).await?)
    }

    /// Chooses from a list of choices.
    pub(crate) async fn choose(&self, name: &str, choice: &str) -> Tested {
        let field = self.find(Role::Field, name).await?;
        Ok(field.select_by_label(choice).await?)
    }

    /// Sets a field for a time, whose keys differ from one language of the browser to the next.
    pub(crate) async fn set_time(&self, name: &str, time: &str) -> Tested {
        let field = serde_json::to_value(self.find(Role::Field, name).await?)?;
        let set = "arguments[0].value = arguments[1];
            for (const type of ['input', 'change']) arguments[0].dispatchEvent(new Event(type, {bubbles: true}));";
        self.script(set, json!([field, time])).await?;
        Ok(())
    }

    /// Waits until the list shows these conversations in this order.
    pub(crate) async fn lists(&self, numbers: &[u64]) -> Tested {
        let script = "return [...document.querySelectorAll('[data-conversation]')]
            .map((row) => Number(row.dataset.conversation))";
        let mut seen = Value::Null;
        let listed = eventually("the list", async || {
            seen = self.client.execute(script, Vec::new()).await?;
            Ok((seen == json!(numbers)).then_some(()))
        })
        .await;
        listed.map_err(|error| format!("{error}: it shows {seen}, not {numbers:?}").into())
    }

    /// The first element that a selector finds, as soon as it is there and can be seen.
    pub(crate) async fn css(&self, selector: &str) -> Tested<Element> {
        eventually(selector, async || {
            for element in self.client.find_all(Locator::Css(selector)).await? {
                if element.is_displayed().await? {
                    return Ok(Some(element));
                }
            }
            Ok(None)
        })
        .await
    }

    /// Clicks on the first element that a selector finds, as soon as it can be clicked on.
    pub(crate) async fn click_on(&self, selector: &str) -> Tested {
        eventually(format!("a click on {selector}"), async || {
            let found = self.client.find(Locator::Css(selector)).await?;
            found.click().await.map(Some)
        })
        .await
    }

    /// How many elements a selector finds now.
    pub(crate) async fn count(&self, selector: &str) -> Tested<u64> {
        let count = self.script("return document.querySelectorAll(arguments[0]).length", json!([selector])).await?;
        count.as_u64().ok_or_else(|| format!("{count} is no count").into())
    }

    /// Waits until so many elements match the selector.
    pub(crate) async fn counts(&self, selector: &str, elements: u64) -> Tested {
        let mut seen = Value::Null;
        let counted = eventually("their number", async || {
            let script = "return document.querySelectorAll(arguments[0]).length";
            seen = self.client.execute(script, vec![json!(selector)]).await?;
            Ok((seen == json!(elements)).then_some(()))
        })
        .await;
        counted.map_err(|error| format!("{error}: {seen} of {selector}, not {elements}").into())
    }

    /// Waits until a script gives something other than `false`, `null`, zero or the empty text.
    pub(crate) async fn until(&self, what: &str, script: &str) -> Tested<Value> {
        eventually(what, async || {
            let value = self.client.execute(script, Vec::new()).await?;
            let nothing = matches!(&value, Value::Null | Value::Bool(false)) || value == json!(0) || value == json!("");
            Ok((!nothing).then_some(value))
        })
        .await
    }

    /// Waits until the page shows a text.
    pub(crate) async fn reads(&self, text: &str) -> Tested {
        eventually(format!("the text {text:?}"), async || {
            let shown = self.client.execute("return document.body.innerText", Vec::new()).await?;
            Ok(shown.as_str().is_some_and(|shown| shown.contains(text)).then_some(()))
        })
        .await
    }

    /// Whether the page shows a text now.
    pub(crate) async fn shows(&self, text: &str) -> Tested<bool> {
        let shown = self.script("return document.body.innerText.includes(arguments[0])", json!([text])).await?;
        Ok(shown == json!(true))
    }

    pub(crate) async fn script(&self, script: &str, arguments: Value) -> Tested<Value> {
        let Value::Array(arguments) = arguments else { return Err("the arguments are a list".into()) };
        Ok(self.client.execute(script, arguments).await?)
    }

    /// Presses keys where the focus is.
    pub(crate) async fn press(&self, keys: &str) -> Tested {
        eventually("the focus", async || {
            let element = self.client.active_element().await?;
            element.send_keys(keys).await.map(Some)
        })
        .await
    }

    /// The name of the element that has the focus.
    pub(crate) async fn focused_name(&self) -> Tested<String> {
        eventually("the focus", async || {
            let element = self.client.active_element().await?;
            self.label(&element).await.map(Some)
        })
        .await
    }

    /// What can be pressed, filled in or looked at, and has no name.
    pub(crate) async fn nameless(&self) -> Tested<Vec<String>> {
        let selector = "a[href], button, input, select, textarea, summary, nav, [role=img], main svg[role]";
        eventually("all names", async || {
            let mut nameless = Vec::new();
            for element in self.client.find_all(Locator::Css(selector)).await? {
                if element.is_displayed().await? && self.label(&element).await?.trim().is_empty() {
                    nameless.push(element.html(false).await?);
                }
            }
            Ok(Some(nameless))
        })
        .await
    }

    /// The size of the page, which may be smaller than a window can be.
    pub(crate) async fn resize(&self, width: u32, height: u32) -> Tested {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", size).await
    }

    /// The scheme that the system prefers: `light` or `dark`.
    pub(crate) async fn prefer(&self, scheme: &str) -> Tested {
        let features = json!([
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]);
        self.devtools("Emulation.setEmulatedMedia", json!({"features": features})).await
    }

    /// Lets the page write to the clipboard and the test read it.
    pub(crate) async fn allow_clipboard(&self) -> Tested {
        let permissions = json!({"origin": self.url, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]});
        self.devtools("Browser.grantPermissions", permissions).await
    }

    pub(crate) async fn screenshot_to(&self, file: &Path) -> Tested {
        Ok(fs::write(file, self.client.screenshot().await?)?)
    }

    /// What the browser's console has to say since it was last asked, violations of the page's policy included.
    pub(crate) async fn complaints(&self) -> Tested<Vec<String>> {
        let entries = self.client.issue_cmd(Extension::post("se/log", json!({"type": "browser"}))).await?;
        let entries = entries.as_array().ok_or("the log is a list")?;
        let complaints = entries.iter().filter(|entry| entry["level"] == "SEVERE" || entry["level"] == "WARNING");
        Ok(complaints.map(ToString::to_string).collect())
    }

    /// Holds the browser's complaints since the last look to those that a test provokes, each known by some words.
    pub(crate) async fn complains_only_of(&self, provoked: &[&str]) -> Tested {
        let mut complaints = self.complaints().await?;
        complaints.retain(|complaint| !provoked.iter().any(|words| complaint.contains(words)));
        assert!(complaints.is_empty(), "the browser complains:\n{}", complaints.join("\n"));
        Ok(())
    }

    async fn look_for(&self, role: Role, name: &str) -> Result<Option<Element>, CmdError> {
        for element in self.client.find_all(Locator::Css(role.candidates())).await? {
            if self.label(&element).await? != name || !element.is_displayed().await? {
                continue;
            }
            let id = element.element_id();
            let computed = self.client.issue_cmd(Extension::get(format!("element/{id}/computedrole"))).await?;
            if role.computed().is_none_or(|role| computed == role) {
                return Ok(Some(element));
            }
        }
        Ok(None)
    }

    /// The name that a reader aloud would say.
    async fn label(&self, element: &Element) -> Result<String, CmdError> {
        let path = format!("element/{}/computedlabel", element.element_id());
        let label = self.client.issue_cmd(Extension::get(path)).await?;
        Ok(label.as_str().unwrap_or_default().to_owned())
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Tested {
        let body = json!({"cmd": command, "params": parameters});
        self.client.issue_cmd(Extension::post("goog/cdp/execute", body)).await?;
        Ok(())
    }
}

/// A command of the session that the client does not know.
#[derive(Debug)]
struct Extension {
    path: String,
    body: Option<Value>,
}

impl Extension {
    fn get(path: String) -> Self {
        Self { path, body: None }
    }

    fn post(path: &str, body: Value) -> Self {
        Self { path: path.to_owned(), body: Some(body) }
    }
}

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base_url: &Url, session_id: Option<&str>) -> Result<Url, ParseError> {
        base_url.join(&format!("session/{}/{}", session_id.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        match &self.body {
            Some(body) => (Method::POST, Some(body.to_string())),
            None => (Method::GET, None),
        }
    }
}
