import { loadConfigFile } from "../config/load-config-file.ts";
import { askPassword } from "./ask-password.ts";
import { InputError } from "./input-error.ts";

interface RegisterOptions {
  config: string;
  user: string;
  password?: string;
  admin?: boolean;
}

/** `claviger register`. @throws ConfigError, StartupError, InputError */
export async function register(options: RegisterOptions): Promise<void> {
  const config = loadConfigFile(options.config);
  const password = options.password ?? (await askPassword(process.stdin, process.stderr));
  if (password === "") throw new InputError("the password must not be empty");
  const { registerAccount } = await import("../app.ts");
  const { userId } = await registerAccount(config, {
    localpart: options.user,
    password,
    admin: options.admin ?? false,
  });
  process.stdout.write(`Registered ${userId}\n`);
}
