use serde_json::json;

use crate::Tested;
use crate::browser::inspect;
use crate::service::Service;
use crate::waiting::eventually;

#[tokio::test]
async fn what_the_policy_forbids_is_a_complaint_that_fails_a_test() -> Tested {
    let service = Service::start()?;
    inspect(&service, async |page| {
        let inject = "const script = document.createElement('script');
            script.textContent = 'window.injected = true';
            document.body.append(script);
            return window.injected === undefined";
        assert_eq!(page.script(inject, json!([])).await?, true, "the injected script ran");
        let complaint =
            eventually("a complaint", async || Ok(page.complaints().await.unwrap_or_default().pop())).await?;
        assert!(complaint.contains("Content Security Policy"), "{complaint}");
        Ok(())
    })
    .await
}
