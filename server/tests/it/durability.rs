//! What was acknowledged stays, however the program ends.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::Value;

use crate::harness::{Outside, Process, authorize_url};

/// What a request led to.
enum Answer {
    /// The whole answer arrived.
    Status(u16, Value),
    /// None did: the program had gone.
    None,
}

async fn token_request(http: &reqwest::Client, url: &str, form: &[(&str, &str)]) -> Answer {
    let request = http.post(format!("{url}/oauth2/token")).basic_auth("demo-web", Some("demo-web-secret")).form(form);
    let Ok(response) = request.send().await else { return Answer::None };
    let status = response.status().as_u16();
    match response.json().await {
        Ok(json) => Answer::Status(status, json),
        Err(_) => Answer::None,
    }
}

async fn refresh(http: &reqwest::Client, url: &str, token: &str) -> Answer {
    token_request(http, url, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

/// The refresh tokens of some subscribers of Nordtel.
async fn refresh_tokens(portico: &Process, http: &reqwest::Client, count: u64) -> Vec<String> {
    let mut tokens = Vec::new();
    for n in 0..count {
        let number = format!("+{}", 46_701_740_605 + n);
        let url = authorize_url("demo-web", &[("scope", "openid phone offline_access")]);
        let answer = portico.authorize(&url, &number).await;
        let form = [
            ("grant_type", "authorization_code"),
            ("code", answer["code"].as_str()),
            ("redirect_uri", "https://example.com/callback"),
        ];
        let Answer::Status(200, json) = token_request(http, &portico.url, &form).await else { panic!("no tokens") };
        tokens.push(json["refresh_token"].as_str().expect("a refresh token").to_owned());
    }
    tokens
}

/// Rotates refresh tokens until told to stop or until nobody answers; returns the last ones that
/// were acknowledged.
async fn rotate_until(
    portico: &Process,
    http: &reqwest::Client,
    tokens: Vec<String>,
    done: &Arc<AtomicU64>,
    stop: &Arc<AtomicBool>,
) -> Vec<tokio::task::JoinHandle<String>> {
    let url = portico.url.clone();
    let rotate = |mut token: String| {
        let (http, url, done, stop) = (http.clone(), url.clone(), Arc::clone(done), Arc::clone(stop));
        tokio::spawn(async move {
            while !stop.load(Ordering::SeqCst) {
                match refresh(&http, &url, &token).await {
                    Answer::Status(200, json) => {
                        json["refresh_token"].as_str().expect("a refresh token").clone_into(&mut token);
                        done.fetch_add(1, Ordering::SeqCst);
                    }
                    Answer::Status(status, json) => panic!("{status} {json}"),
                    Answer::None => break,
                }
            }
            token
        })
    };
    tokens.into_iter().map(rotate).collect()
}

/// A slow machine may take its time, as long as something happens.
async fn wait_for(done: &AtomicU64, count: u64) {
    let (mut last, mut idle) = (0, 0);
    while idle < 600 {
        let now = done.load(Ordering::SeqCst);
        if now >= count {
            return;
        }
        idle = if now > last { 0 } else { idle + 1 };
        last = now;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no refresh in half a minute, after {last} of {count}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_in_the_middle_of_load_loses_no_acknowledged_write() {
    let outside = Outside::new().await;
    let http = reqwest::Client::new();
    let mut portico = Process::start(&outside);
    let mut tokens = refresh_tokens(&portico, &http, 8).await;
    for round in 1..=3 {
        let (done, stop) = (Arc::default(), Arc::default());
        let running = rotate_until(&portico, &http, tokens, &done, &stop).await;
        wait_for(&done, 100 * round).await;
        portico.kill();
        let mut last = Vec::new();
        for task in running {
            last.push(task.await.expect("no refresh was refused"));
        }

        // Had an acknowledged rotation been lost, its token would be from a future that the
        // database knows nothing of. One whose answer was lost is answered again.
        portico = Process::start(&outside);
        tokens = Vec::new();
        for token in last {
            match refresh(&http, &portico.url, &token).await {
                Answer::Status(200, json) => tokens.push(json["refresh_token"].as_str().unwrap().to_owned()),
                Answer::Status(status, json) => panic!("an acknowledged write was lost: {status} {json}"),
                Answer::None => panic!("the program does not answer after its restart"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_finishes_what_runs_and_ends_well() {
    let outside = Outside::new().await;
    let http = reqwest::Client::new();
    let mut portico = Process::start(&outside);
    let tokens = refresh_tokens(&portico, &http, 4).await;
    let (done, stop) = (Arc::default(), Arc::default());
    let running = rotate_until(&portico, &http, tokens, &done, &stop).await;
    wait_for(&done, 50).await;
    let status = portico.terminate();
    assert!(status.success(), "{status}");
    let mut last = Vec::new();
    for task in running {
        last.push(task.await.expect("no refresh was refused"));
    }

    // What was running when it was told to stop was answered: every last answer is the newest one.
    let portico = Process::start(&outside);
    for token in last {
        let answer = refresh(&http, &portico.url, &token).await;
        assert!(matches!(answer, Answer::Status(200, _)));
    }
}
