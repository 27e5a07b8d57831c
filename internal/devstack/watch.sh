# Stops PostgreSQL and Redis two minutes after their last user has gone.
# Arguments: flock(1), the project's folder, the pid files of PostgreSQL and Redis.
flock=$1 dir=$2 postgres=$3 redis=$4
exec >/dev/null 2>&1 </dev/null 7>"$dir/watch.lock" || exit 1
"$flock" --nonblock 7 || exit 0

# stop SIGNAL PROGRAM PIDFILE: signals the process of a pid file, if it still is that program.
stop() {
	pid=$(head -n 1 "$3")
	case $(tr '\0' ' ' <"/proc/$pid/cmdline") in *"$2"*) kill "-$1" "$pid" ;; esac
}

unused=0
while sleep 5; do
	[ -d "$dir" ] || exit 0
	if "$flock" --nonblock "$dir/users.lock" true; then unused=$((unused + 1)); else unused=0; fi
	[ "$unused" -ge 24 ] || continue
	exec 8>"$dir/start.lock"
	if "$flock" --nonblock 8 && "$flock" --nonblock "$dir/users.lock" true; then
		stop INT postgres "$postgres"
		stop TERM redis "$redis"
		exit 0
	fi
	exec 8>&-
	unused=0
done
