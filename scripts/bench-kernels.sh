#!/usr/bin/env bash
# Times kernels with JMH: fake quantizers against copies of the bytes they must move, batch norms by kernel.
# Arguments go to JMH: scripts/bench-kernels.sh -f 3 FakeQuantize
set -euo pipefail
cd "$(dirname "$0")/.."

export GOMP_SPINCOUNT="${GOMP_SPINCOUNT:-30000}"
mvn -q -B test-compile dependency:build-classpath \
  -DincludeScope=test -Dmdep.outputFile=target/bench-classpath.txt
exec java -cp "target/test-classes:target/classes:$(cat target/bench-classpath.txt)" \
  org.openjdk.jmh.Main \
  -jvmArgsAppend "--add-modules jdk.incubator.vector -Dorg.bytedeco.javacpp.maxPhysicalBytes=0" \
  "$@"
