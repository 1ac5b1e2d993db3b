#!/usr/bin/env bash
# Installs a copy of the repository as on a bare machine: no node_modules, no Python, make or compiler on the PATH, and
# NODE_ENV=production. Then everything that is not JavaScript must load.
set -euo pipefail
cd "$(dirname "$0")/.."

copy="$(mktemp -d)"
trap 'rm -rf "$copy"' EXIT

# What git has or would have, so that it also shows what somebody forgot to add to package.json before committing.
git ls-files -z --cached --others --exclude-standard -- . ':!test' ':!docs' |
  while IFS= read -r -d '' file; do [ -e "$file" ] && printf '%s\0' "$file"; done |
  xargs -0 cp --parents --no-dereference -t "$copy"

# The tools that an install may use, and no others.
mkdir "$copy/.path"
for tool in bash sh env node npm git cat ls mkdir rm cp mv ln uname sed grep dirname basename readlink tr chmod; do
  program="$(PATH="$(tr ':' '\n' <<<"$PATH" | grep -v node_modules | paste -sd:)" command -v "$tool")"
  ln -s "$program" "$copy/.path/$tool"
done

cd "$copy"
export PATH="$copy/.path" NODE_ENV=production npm_config_prefer_offline=true
for compiler in python python3 make cc gcc g++ clang; do
  if command -v "$compiler" >/dev/null; then echo "$compiler is still on the PATH"; exit 1; fi
done

npm run --silent claviger -- --version
node_modules/node/bin/node --input-type=module --eval '
  import Database from "better-sqlite3";
  import { parseSync } from "@swc/core";
  new Database(":memory:").exec("SELECT 1");
  parseSync("1");'
node_modules/.bin/biome --version >/dev/null
node_modules/.bin/tsc --version >/dev/null
echo "installed without compilers"
