//! OAuth clients in the portal: URIs, secrets, lifecycle.
