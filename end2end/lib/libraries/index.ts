// The libraries that clients are written with: each test of the wire is done with every one of them.

import { oauth4webapi } from "./oauth4webapi";
import { openidClient } from "./openid-client";

export type { Client, Library, Tokens } from "./library";

export const LIBRARIES = [openidClient, oauth4webapi];
