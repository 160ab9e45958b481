"""One fact per file: each check reads Evidence and states findings; it never weighs and never acts."""
