use super::{
    auth::{Caller, User, Users},
    proto::users::{
        ChangePasswordReq, ChangePasswordResp, CreateReq, CreateResp, DeleteReq, DeleteResp,
        DetailsReq, DetailsResp, DisableReq, DisableResp, EnableReq, EnableResp, ResetPasswordReq,
        ResetPasswordResp, UpdateReq, UpdateResp,
        details_resp::{UserDetails, user_details::DateTime},
        users_server::Users as UsersApi,
    },
    status,
};
use futures_util::{StreamExt, stream::BoxStream};
use tonic::{Extensions, Request, Response, Status};

/// The service that manages users: for admins, and for oneself.
#[derive(Debug, Clone)]
pub(super) struct UsersService {
    users: Users,
}

impl UsersService {
    pub(super) const fn new(users: Users) -> Self {
        Self { users }
    }

    fn user(&self, password: &str, full_name: &str, groups: Vec<String>) -> Result<User, Status> {
        let user = self.users.user(password, full_name, groups);
        user.map_err(|error| Status::internal(error.to_string()))
    }

    fn change(&self, login: &str, change: impl FnOnce(&mut User)) -> Result<(), Status> {
        let now = self.users.now();
        let mut all = self.users.all();
        let user = all
            .get_mut(login)
            .ok_or_else(|| status::user_not_found(login))?;
        user.updated = now;
        change(user);
        Ok(())
    }
}

fn caller(extensions: &Extensions) -> Result<Caller, Status> {
    let caller = extensions.get::<Caller>().cloned();
    caller.ok_or_else(status::access_denied)
}

/// Refuses everybody but administrators.
fn admin(extensions: &Extensions) -> Result<(), Status> {
    let admin = caller(extensions)?.admin;
    admin.then_some(()).ok_or_else(status::access_denied)
}

/// Refuses everybody but administrators and operators: they manage persistent
/// subscriptions and projections.
pub(super) fn admin_or_operator(extensions: &Extensions) -> Result<(), Status> {
    let caller = caller(extensions)?;
    let allowed = caller.admin || caller.operator;
    allowed.then_some(()).ok_or_else(status::access_denied)
}

fn admin_or_self(extensions: &Extensions, login: &str) -> Result<(), Status> {
    let caller = caller(extensions)?;
    let allowed = caller.admin || caller.login.as_deref() == Some(login);
    allowed.then_some(()).ok_or_else(status::access_denied)
}

/// The options of a request, which no client leaves out.
fn required<T>(options: Option<T>) -> Result<T, Status> {
    options.ok_or_else(|| Status::invalid_argument("the request has no options"))
}

fn details(login: &str, user: &User) -> DetailsResp {
    let micros = user.updated.timestamp_micros();
    DetailsResp {
        user_details: Some(UserDetails {
            login_name: login.to_owned(),
            full_name: user.full_name.clone(),
            groups: user.groups.clone(),
            last_updated: Some(DateTime {
                ticks_since_epoch: micros.saturating_mul(10),
            }),
            disabled: user.disabled,
        }),
    }
}

#[tonic::async_trait]
impl UsersApi for UsersService {
    type DetailsStream = BoxStream<'static, Result<DetailsResp, Status>>;

    async fn create(&self, request: Request<CreateReq>) -> Result<Response<CreateResp>, Status> {
        admin(request.extensions())?;
        let options = required(request.into_inner().options)?;
        if options.login_name.is_empty() || options.login_name.contains(':') {
            return Err(Status::invalid_argument(
                "a login name has no colon and at least one character",
            ));
        }
        let user = self.user(&options.password, &options.full_name, options.groups)?;
        let mut all = self.users.all();
        if all.contains_key(&options.login_name) {
            return Err(status::user_conflict(&options.login_name));
        }
        all.insert(options.login_name, user);
        Ok(Response::new(CreateResp {}))
    }

    /// The password stays: this call's is not looked at.
    async fn update(&self, request: Request<UpdateReq>) -> Result<Response<UpdateResp>, Status> {
        admin(request.extensions())?;
        let options = required(request.into_inner().options)?;
        self.change(&options.login_name, |user| {
            user.full_name = options.full_name;
            user.groups = options.groups;
        })?;
        Ok(Response::new(UpdateResp {}))
    }

    async fn delete(&self, request: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        admin(request.extensions())?;
        let login = required(request.into_inner().options)?.login_name;
        let deleted = self.users.all().remove(&login);
        deleted.ok_or_else(|| status::user_not_found(&login))?;
        Ok(Response::new(DeleteResp {}))
    }

    async fn disable(&self, request: Request<DisableReq>) -> Result<Response<DisableResp>, Status> {
        admin(request.extensions())?;
        let login = required(request.into_inner().options)?.login_name;
        self.change(&login, |user| user.disabled = true)?;
        Ok(Response::new(DisableResp {}))
    }

    async fn enable(&self, request: Request<EnableReq>) -> Result<Response<EnableResp>, Status> {
        admin(request.extensions())?;
        let login = required(request.into_inner().options)?.login_name;
        self.change(&login, |user| user.disabled = false)?;
        Ok(Response::new(EnableResp {}))
    }

    /// One user, or all of them when none is named.
    async fn details(
        &self,
        request: Request<DetailsReq>,
    ) -> Result<Response<Self::DetailsStream>, Status> {
        let options = request.get_ref().options.as_ref();
        let login = options.map_or("", |options| options.login_name.as_str());
        admin_or_self(request.extensions(), login)?;
        let all = self.users.all();
        let found: Vec<_> = if login.is_empty() {
            let all = all.iter();
            all.map(|(login, user)| Ok(details(login, user))).collect()
        } else {
            let user = all.get(login);
            let user = user.ok_or_else(|| status::user_not_found(login))?;
            vec![Ok(details(login, user))]
        };
        Ok(Response::new(futures_util::stream::iter(found).boxed()))
    }

    async fn change_password(
        &self,
        request: Request<ChangePasswordReq>,
    ) -> Result<Response<ChangePasswordResp>, Status> {
        let (_, extensions, request) = request.into_parts();
        let options = required(request.options)?;
        let login = &options.login_name;
        admin_or_self(&extensions, login)?;
        let known = self.users.all().get(login).cloned();
        let known = known.ok_or_else(|| status::user_not_found(login))?;
        if !known.has_password(&options.current_password) {
            return Err(status::access_denied());
        }
        let changed = self.user(&options.new_password, "", Vec::new())?;
        self.change(login, |user| user.take_password(&changed))?;
        Ok(Response::new(ChangePasswordResp {}))
    }

    async fn reset_password(
        &self,
        request: Request<ResetPasswordReq>,
    ) -> Result<Response<ResetPasswordResp>, Status> {
        admin(request.extensions())?;
        let options = required(request.into_inner().options)?;
        let changed = self.user(&options.new_password, "", Vec::new())?;
        self.change(&options.login_name, |user| user.take_password(&changed))?;
        Ok(Response::new(ResetPasswordResp {}))
    }
}
