//! Browser sessions of the portal. The table holds a hash of each session's id, so that a copy
//! of it signs nobody in; what the session remembers is sealed.

use std::{collections::HashMap, sync::Arc};

use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, Condition, EntityTrait as _, PaginatorTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _, Select, sea_query::OnConflict,
};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    Context, Fault, Timestamp,
    audit::{self, Event},
    cache::{self, portal::Account},
    change::Change,
    db::Tx,
    entity::{membership, organization, session, user},
    logout,
    membership::Belonging,
    minutes,
    seal::{open_at_rest, seal_at_rest},
    secret,
};

pub use crate::entity::session::Model as Listed;

/// What a session remembers, by key.
pub type Data = HashMap<String, Value>;

/// The key of the signed-in user's id, a string. Its column is filled from it.
pub const USER: &str = "user";
/// The key of the address that the session was opened from.
pub const ADDRESS: &str = "address";
/// The key of what the browser calls itself.
pub const USER_AGENT: &str = "user_agent";
/// The key of when the user showed who they are, in milliseconds. Its column is filled from it.
pub const AUTH_TIME: &str = "auth_time";
/// The key of how, space-delimited (RFC 8176). Its column is filled from it.
pub const AMR: &str = "amr";
/// The key of the provider that said who it is, if one did. Its column is filled from it.
pub const PROVIDER: &str = "provider";
/// The key of the name by which lists and clients know the session (`sid`), if it is to keep the one
/// that it had: somebody who signs in again is in the same session, of which their clients know.
pub const PUBLIC_ID: &str = "sid";

/// The key of the mark of the password ([`mark`]) that counted when they showed who they are. If there is
/// another one by the time that the session begins, it has ended before.
pub const PASSWORD: &str = "password";

/// What tells the password of a user from another one, and nothing else.
#[must_use]
pub fn mark(user: &user::Model) -> String {
    secret::hash(&user.password_hash)
}

/// For how long after a sign-in one may change how one signs in.
pub const FRESH: i64 = minutes(10);

const DOMAIN: &str = "sessions.data";

/// How often at most it is noted that a session was seen.
const SEEN_EVERY: i64 = minutes(1);

/// Stores a new session. `false` if the id is taken, which does not happen by chance.
///
/// # Errors
///
/// When the database fails.
pub async fn create(ctx: &Context, id: &str, data: &Data) -> Result<bool, Fault> {
    let now = ctx.now();
    let stays = id_of(data, PUBLIC_ID);
    let text = |key: &str| data.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let row = session::ActiveModel {
        id_hash: Set(secret::hash(id)),
        public_id: Set(stays.map_or_else(|| ctx.new_id(), Ok)?),
        user_id: Set(user_of(data)),
        data_sealed: Set(seal(ctx, data)?),
        address: Set(text(ADDRESS)),
        user_agent: Set(text(USER_AGENT)),
        created_at: Set(now),
        last_seen_at: Set(now),
        expires_at: Set(now.plus(ctx.settings().lifetimes.portal_session)),
        auth_time: Set(auth_time_of(data)),
        amr: Set(amr_of(data)),
        provider: Set(provider_of(data)),
    };
    let password = data.get(PASSWORD).and_then(Value::as_str).map(str::to_owned);
    ctx.db()
        .write((row, stays, password, now), |tx, (row, stays, password, now)| {
            Box::pin(async move {
                let mut row = row.clone();
                if let (Set(Some(user)), Some(password)) = (&row.user_id, password) {
                    // Whoever sets a new password at this moment waits, and ends this session, too.
                    let user = user::Entity::find_by_id(*user).lock_shared().one(tx).await?;
                    if user.is_none_or(|user| mark(&user) != *password) {
                        row.expires_at = Set(*now);
                    }
                }
                if let Some(stays) = stays {
                    // Of two sign-ins at once in one session, the later one is it.
                    session::Entity::delete_many().filter(session::Column::PublicId.eq(*stays)).exec(tx).await?;
                }
                let inserted = session::Entity::insert(row)
                    .on_conflict(OnConflict::column(session::Column::IdHash).do_nothing().to_owned())
                    .exec_without_returning(tx)
                    .await?;
                Ok::<_, Fault>(inserted == 1)
            })
        })
        .await
}

/// Stores what an existing session remembers now. One that was ended meanwhile stays ended.
///
/// # Errors
///
/// When the database fails.
pub async fn save(ctx: &Context, id: &str, data: &Data) -> Result<(), Fault> {
    let row = session::ActiveModel {
        user_id: Set(user_of(data)),
        data_sealed: Set(seal(ctx, data)?),
        last_seen_at: Set(ctx.now()),
        expires_at: Set(ctx.now().plus(ctx.settings().lifetimes.portal_session)),
        auth_time: Set(auth_time_of(data)),
        amr: Set(amr_of(data)),
        provider: Set(provider_of(data)),
        ..Default::default()
    };
    ctx.db()
        .write((secret::hash(id), row), |tx, (hash, row)| {
            Box::pin(async move {
                session::Entity::update_many()
                    .set(row.clone())
                    .filter(session::Column::IdHash.eq(hash.as_str()))
                    .exec(tx)
                    .await?;
                tx.changed(Change::Session(hash.clone()));
                Ok::<_, Fault>(())
            })
        })
        .await
}

/// What a session remembers, and when it ends. `None` once it has ended.
///
/// # Errors
///
/// When the database fails or the row does not open.
pub async fn load(ctx: &Context, id: &str) -> Result<Option<(Data, Timestamp)>, Fault> {
    let Some(row) = living(ctx, id).await? else { return Ok(None) };
    let json: String = open_at_rest(ctx, DOMAIN, &row.data_sealed)?;
    let data = serde_json::from_str(&json).map_err(|_| Fault::Stored("a session is not JSON".to_owned()))?;
    Ok(Some((data, row.expires_at)))
}

/// Ends a session, if there is such a one.
///
/// # Errors
///
/// When the database fails.
pub async fn delete(ctx: &Context, id: &str) -> Result<(), Fault> {
    ctx.db()
        .write(secret::hash(id), |tx, hash| {
            Box::pin(async move {
                session::Entity::delete_by_id(hash.as_str()).exec(tx).await?;
                tx.changed(Change::Session(hash.clone()));
                Ok::<_, Fault>(())
            })
        })
        .await
}

/// Who is signed in with a session.
#[derive(Clone, Debug)]
pub struct Person {
    /// The user.
    pub user: user::Model,
    /// By what name lists know the session.
    pub session: Uuid,
    /// When they last showed who they are (OpenID Connect Core, `auth_time`).
    pub auth_time: Timestamp,
    /// How (RFC 8176).
    pub amr: Vec<String>,
}

impl Person {
    /// Whether they have signed in so lately that they may change how they sign in.
    #[must_use]
    pub const fn is_fresh(&self, now: Timestamp) -> bool {
        now.since(self.auth_time) < FRESH
    }
}

/// A session that lives, and whose it is.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) account: Arc<Account>,
    pub(crate) expires_at: Timestamp,
    public_id: Uuid,
    auth_time: Timestamp,
    amr: Vec<String>,
    last_seen_at: Timestamp,
}

impl Known {
    fn new(row: session::Model, account: Arc<Account>) -> Self {
        Self {
            account,
            expires_at: row.expires_at,
            public_id: row.public_id,
            // Sessions from before these columns were opened with a password.
            auth_time: row.auth_time.unwrap_or(row.created_at),
            amr: row.amr.as_deref().unwrap_or("pwd").split_ascii_whitespace().map(str::to_owned).collect(),
            last_seen_at: row.last_seen_at,
        }
    }

    fn person(&self) -> Person {
        Person {
            user: self.account.user.clone(),
            session: self.public_id,
            auth_time: self.auth_time,
            amr: self.amr.clone(),
        }
    }
}

/// Who is signed in with the session `id`, and what they belong to, in one statement: each request to the
/// portal that may change something begins with it. Notes that the session was seen, and from where.
///
/// # Errors
///
/// When the database fails.
pub async fn person(ctx: &Context, id: &str, address: &str) -> Result<Option<(Person, Vec<Belonging>)>, Fault> {
    let hash = secret::hash(id);
    match read(ctx, &hash).await? {
        Some(known) => meet(ctx, &known, hash, address).await.map(Some),
        None => Ok(None),
    }
}

/// The same for somebody who only looks, from memory: each page of the portal begins with it.
///
/// # Errors
///
/// When the database fails.
pub async fn onlooker(ctx: &Context, id: &str, address: &str) -> Result<Option<(Person, Vec<Belonging>)>, Fault> {
    let hash = secret::hash(id);
    match cache::portal::session(ctx, &hash).await? {
        Some(known) => meet(ctx, &known, hash, address).await.map(Some),
        None => Ok(None),
    }
}

async fn meet(ctx: &Context, known: &Known, hash: String, address: &str) -> Result<(Person, Vec<Belonging>), Fault> {
    if ctx.now().since(known.last_seen_at) >= SEEN_EVERY {
        seen(ctx, hash, address.to_owned()).await?;
    }
    Ok((known.person(), known.account.belongings.clone()))
}

/// Who has the session whose id has this hash, and what they belong to.
pub(crate) async fn read(ctx: &Context, hash: &str) -> Result<Option<Known>, Fault> {
    let rows = session::Entity::find_by_id(hash)
        .filter(session::Column::ExpiresAt.gt(ctx.now()))
        .find_also_related(user::Entity)
        .find_also(user::Entity, membership::Entity)
        .find_also(membership::Entity, organization::Entity)
        .all(ctx.db().reader())
        .await?;
    let mut signed_in = None;
    let mut belongings = Vec::new();
    for (session, user, membership, organization) in rows {
        signed_in = signed_in.or_else(|| Some((session, admitted(user)?)));
        belongings.extend(
            membership
                .zip(organization)
                .map(|(membership, organization)| Belonging { organization, role: membership.role }),
        );
    }
    crate::membership::sort(&mut belongings);
    Ok(signed_in.map(|(session, user)| Known::new(session, Arc::new(Account { user, belongings }))))
}

/// Who is signed in with the session `id`, without noting anything: a product has asked, not they.
///
/// # Errors
///
/// When the database fails.
pub async fn peek(ctx: &Context, id: &str) -> Result<Option<Person>, Fault> {
    let found = session::Entity::find_by_id(secret::hash(id))
        .filter(session::Column::ExpiresAt.gt(ctx.now()))
        .find_also_related(user::Entity)
        .one(ctx.db().reader())
        .await?;
    Ok(found.and_then(|(session, user)| {
        let account = Arc::new(Account { user: admitted(user)?, belongings: Vec::new() });
        Some(Known::new(session, account).person())
    }))
}

/// A user who is let in.
fn admitted(user: Option<user::Model>) -> Option<user::Model> {
    user.filter(|user| user.suspended_at.is_none() && user.email_verified_at.is_some())
}

async fn seen(ctx: &Context, id_hash: String, address: String) -> Result<(), Fault> {
    let row = session::ActiveModel {
        address: Set(address),
        last_seen_at: Set(ctx.now()),
        expires_at: Set(ctx.now().plus(ctx.settings().lifetimes.portal_session)),
        ..Default::default()
    };
    ctx.db()
        .write((id_hash, row), |tx, (hash, row)| {
            Box::pin(async move {
                session::Entity::update_many()
                    .set(row.clone())
                    .filter(session::Column::IdHash.eq(hash.as_str()))
                    .exec(tx)
                    .await?;
                tx.changed(Change::Session(hash.clone()));
                Ok::<_, Fault>(())
            })
        })
        .await
}

async fn living(ctx: &Context, id: &str) -> Result<Option<session::Model>, Fault> {
    let row = session::Entity::find_by_id(secret::hash(id)).one(ctx.db().reader()).await?;
    Ok(row.filter(|row| row.expires_at > ctx.now()))
}

/// The living sessions of a user.
fn living_of(ctx: &Context, user: Uuid) -> Select<session::Entity> {
    session::Entity::find().filter(session::Column::UserId.eq(user)).filter(session::Column::ExpiresAt.gt(ctx.now()))
}

/// Up to `size` living sessions of a user, newest first, continuing after the session `after`.
///
/// # Errors
///
/// When the database fails.
pub async fn list(ctx: &Context, user: Uuid, after: Option<Uuid>, size: u64) -> Result<Vec<session::Model>, Fault> {
    let mut query = living_of(ctx, user);
    if let Some(after) = after {
        query = query.filter(session::Column::PublicId.lt(after));
    }
    Ok(query.order_by_desc(session::Column::PublicId).limit(size).all(ctx.db().reader()).await?)
}

/// In how many browsers a user is signed in.
///
/// # Errors
///
/// When the database fails.
pub async fn count(ctx: &Context, user: Uuid) -> Result<u64, Fault> {
    Ok(living_of(ctx, user).count(ctx.db().reader()).await?)
}

/// Ends one session of a user, and what was issued in it; its clients are told.
///
/// # Errors
///
/// When the database fails.
pub async fn end(ctx: &Context, user: Uuid, session: Uuid) -> Result<bool, Fault> {
    ctx.db()
        .write((ctx.clone(), user, session), |tx, (ctx, user, session)| {
            Box::pin(async move {
                let deleted = session::Entity::delete_many()
                    .filter(session::Column::UserId.eq(*user))
                    .filter(session::Column::PublicId.eq(*session))
                    .exec(tx)
                    .await?;
                tx.changed(Change::User(*user));
                let ended = deleted.rows_affected > 0;
                if ended {
                    logout::end_in(tx, ctx, std::slice::from_ref(session)).await?;
                }
                Ok::<_, Fault>(ended)
            })
        })
        .await
}

/// Ends all sessions of a user but the one called `keep`, and what was issued in them; their
/// clients are told. Says how many.
///
/// # Errors
///
/// When the database fails.
pub async fn end_others(ctx: &Context, user: Uuid, keep: Option<Uuid>) -> Result<u64, Fault> {
    ctx.db()
        .write((ctx.clone(), user, keep), |tx, (ctx, user, keep)| {
            Box::pin(async move {
                let ended = end_others_in(tx, ctx, *user, *keep).await?;
                if ended > 0 {
                    let event = Event {
                        action: "user.sessions_ended",
                        organization: None,
                        actor: Some(*user),
                        object_kind: "user",
                        object: Some(*user),
                        detail: format!("Signed out of {ended} browsers"),
                    };
                    audit::record(tx, ctx, event).await?;
                }
                Ok::<_, Fault>(ended)
            })
        })
        .await
}

pub(crate) async fn end_others_in(tx: &Tx, ctx: &Context, user: Uuid, keep: Option<Uuid>) -> Result<u64, Fault> {
    end_where(tx, ctx, user, keep, Condition::all()).await
}

/// Ends the sessions of a user that were opened with another provider's word, but the one called
/// `keep`: with the word of `provider`, or of any that is not offered any more.
pub(crate) async fn end_of_provider_in(
    tx: &Tx,
    ctx: &Context,
    user: Uuid,
    keep: Uuid,
    provider: Option<&str>,
) -> Result<u64, Fault> {
    let offered = ctx.settings().providers.iter().map(|provider| provider.id.as_str());
    let opened = match provider {
        Some(id) => session::Column::Provider.eq(id),
        None => session::Column::Provider.is_not_in(offered),
    };
    let opened = Condition::all().add(session::Column::Provider.is_not_null()).add(opened);
    end_where(tx, ctx, user, Some(keep), opened).await
}

async fn end_where(tx: &Tx, ctx: &Context, user: Uuid, keep: Option<Uuid>, condition: Condition) -> Result<u64, Fault> {
    let mut others = session::Entity::find()
        .select_only()
        .column(session::Column::PublicId)
        .filter(session::Column::UserId.eq(user))
        .filter(condition);
    if let Some(keep) = keep {
        others = others.filter(session::Column::PublicId.ne(keep));
    }
    let others: Vec<Uuid> = others.into_tuple().all(tx).await?;
    let ended =
        session::Entity::delete_many().filter(session::Column::PublicId.is_in(others.iter().copied())).exec(tx).await?;
    tx.changed(Change::User(user));
    logout::end_in(tx, ctx, &others).await?;
    Ok(ended.rows_affected)
}

/// Deletes sessions that have ended by themselves. A background job calls it.
///
/// # Errors
///
/// When the database fails.
pub async fn sweep(ctx: &Context) -> Result<u64, Fault> {
    ctx.db()
        .write(ctx.now(), |tx, now| {
            Box::pin(async move {
                let deleted =
                    session::Entity::delete_many().filter(session::Column::ExpiresAt.lt(*now)).exec(tx).await?;
                // Nobody takes one that has ended from memory.
                tx.not_held("sessions");
                Ok::<_, Fault>(deleted.rows_affected)
            })
        })
        .await
}

fn user_of(data: &Data) -> Option<Uuid> {
    id_of(data, USER)
}

fn id_of(data: &Data, key: &str) -> Option<Uuid> {
    data.get(key).and_then(Value::as_str).and_then(|text| Uuid::try_parse(text).ok())
}

fn auth_time_of(data: &Data) -> Option<Timestamp> {
    data.get(AUTH_TIME).and_then(Value::as_i64).map(Timestamp)
}

fn amr_of(data: &Data) -> Option<String> {
    data.get(AMR).and_then(Value::as_str).map(str::to_owned)
}

fn provider_of(data: &Data) -> Option<String> {
    data.get(PROVIDER).and_then(Value::as_str).map(str::to_owned)
}

fn seal(ctx: &Context, data: &Data) -> Result<String, Fault> {
    let json = serde_json::to_string(data).map_err(|_| Fault::Crypto("encoding a session"))?;
    seal_at_rest(ctx, DOMAIN, &json)
}
