#!/usr/bin/env bash
# Prints the sizes of exported networks: the table of deploy.md.
set -euo pipefail
cd "$(dirname "$0")/.."

mvn -q -B test-compile dependency:build-classpath \
  -DincludeScope=test -Dmdep.outputFile=target/bench-classpath.txt
exec java --add-modules jdk.incubator.vector -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 \
  -cp "target/test-classes:target/classes:$(cat target/bench-classpath.txt)" \
  org.lsq4j.deploy.ModelSizes
