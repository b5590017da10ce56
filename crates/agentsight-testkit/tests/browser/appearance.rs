use serde_json::json;

use crate::Tested;
use crate::browser::inspect;
use crate::page::{Page, Role};
use crate::service::Service;
use crate::stories;

const VIEWS: &[&str] = &["#/conversations", "#/conversations/1", "#/overview", "#/requests", "#/audit"];

/// The texts that stand out too little from what is behind them (WCAG 2.2, 1.4.3: 4.5, or 3 for large ones).
const FAINT: &str = "
    const channel = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const light = ([red, green, blue]) => 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
    const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const parse = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
        return [red, green, blue, alpha / 255];
    };
    const over = (front, back) => [0, 1, 2].map((at) => front[at] * front[3] + back[at] * (1 - front[3]));
    const behind = (element) => {
        if (!element) return parse(getComputedStyle(document.documentElement).colorScheme.includes('dark')
            && matchMedia('(prefers-color-scheme: dark)').matches ? '#121212' : '#ffffff').slice(0, 3);
        const own = parse(getComputedStyle(element).backgroundColor);
        return own[3] === 1 ? own.slice(0, 3) : over(own, behind(element.parentElement));
    };
    const faint = [];
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (words.nextNode()) {
        const element = words.currentNode.parentElement;
        if (!words.currentNode.data.trim() || !element.checkVisibility({visibilityProperty: true, opacityProperty: true})) continue;
        if (element.closest('[disabled], script, style, noscript, option')) continue;
        const style = getComputedStyle(element);
        const back = behind(element);
        const ink = element.closest('svg') ? style.fill : style.color;
        const [one, other] = [light(over(parse(ink), back)), light(back)];
        const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        const size = parseFloat(style.fontSize);
        const isLarge = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700;
        if (contrast < (isLarge ? 3 : 4.5)) faint.push(`${contrast.toFixed(2)} ${words.currentNode.data.trim().slice(0, 40)} (${element.className})`);
    }
    return [...new Set(faint)];";

#[tokio::test]
async fn every_text_stands_out_in_light_and_in_dark() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        for scheme in ["light", "dark"] {
            page.prefer(scheme).await?;
            for view in VIEWS {
                visit(page, view).await?;
                assert_eq!(page.script(FAINT, json!([])).await?, json!([]), "{view}, {scheme}");
            }
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn dark_is_dark_and_light_is_light() -> Tested {
    let service = Service::start()?;
    inspect(&service, async |page| {
        let background = "return getComputedStyle(document.documentElement).backgroundColor
            .match(/[\\d.]+/g).slice(0, 3).reduce((sum, channel) => sum + Number(channel), 0) / 3";
        let light = page.script(background, json!([])).await?;
        page.prefer("dark").await?;
        let dark = page.script(background, json!([])).await?;
        assert!(light.as_f64() > Some(200.0) && dark.as_f64() < Some(60.0), "light {light}, dark {dark}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn nothing_is_cut_off_at_400_pixels_nor_at_1600() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        for width in [400, 1600] {
            page.resize(width, 900).await?;
            for view in VIEWS {
                visit(page, view).await?;
                // The rows of a list that scrolls are where the list is, and what is in a row is within the row.
                let cut = "return [...document.querySelectorAll('.window-list:not([hidden]) .row')]
                    .filter((row) => row.checkVisibility()).flatMap((row) => {
                        const list = row.closest('.window-list').getBoundingClientRect();
                        const place = row.getBoundingClientRect();
                        const isOutside = (inner, outer) => inner.width > 0 && inner.height > 0 && (inner.left < outer.left - 1
                            || inner.right > outer.right + 1 || inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1);
                        const inside = [...row.querySelectorAll('*')].filter((one) => !one.closest('svg *'));
                        const cut = inside.filter((one) => isOutside(one.getBoundingClientRect(), place));
                        if (place.left < list.left - 1 || place.right > list.right + 1) cut.push(row);
                        return cut;
                    }).map((one) => one.outerHTML.slice(0, 100)).slice(0, 5)";
                assert_eq!(page.script(cut, json!([])).await?, json!([]), "rows of {view} at {width} pixels");
                let outside = "return [...document.querySelectorAll('main *, header *')].filter((one) => {
                    const box = one.getBoundingClientRect();
                    return box.width > 0 && (box.right > innerWidth + 1 || box.left < -1)
                        && one.checkVisibility() && !one.closest('pre, svg, [class*=scroll], table, .window-list, .skip');
                }).map((one) => one.outerHTML.slice(0, 100)).slice(0, 5)";
                assert_eq!(page.script(outside, json!([])).await?, json!([]), "{view} at {width} pixels");
                let width_of_page = page.script("return document.documentElement.scrollWidth", json!([])).await?;
                assert!(width_of_page.as_u64() <= Some(width.into()), "{view} is {width_of_page} wide at {width}");
            }
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn at_400_pixels_one_thing_is_shown_at_a_time() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        page.resize(400, 800).await?;
        page.click_on("[data-conversation='2']").await?;
        page.reads("Where is my parcel?").await?;
        assert!(!page.has(Role::List, "Conversations").await?, "the list is beside the transcript");
        page.click(Role::Link, "All conversations").await?;
        page.find(Role::List, "Conversations").await?;
        page.click(Role::Button, "Filters").await?;
        page.choose("Environment", "Production").await?;
        page.lists(&[3, 1]).await
    })
    .await
}

#[tokio::test]
async fn what_can_be_pressed_has_a_name_and_what_is_a_picture_too() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        for view in VIEWS {
            visit(page, view).await?;
            assert_eq!(page.nameless().await?, Vec::<String>::new(), "{view}");
        }
        Ok(())
    })
    .await
}

async fn visit(page: &Page, view: &str) -> Tested {
    page.go(view).await?;
    page.until(view, "return document.querySelector('main')?.innerText.trim().length > 20").await?;
    if view.starts_with("#/conversations") {
        page.until("the list", "return document.querySelector('[data-conversation]')").await?;
    }
    if view.starts_with("#/requests") {
        page.until("the list", "return document.querySelector('[data-request]')").await?;
    }
    Ok(())
}
