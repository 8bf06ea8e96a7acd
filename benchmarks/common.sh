# Builds the benchmarks and defines "benchmark CLASS ARGUMENT...", which runs one on a JDK 25, and "program CLASS
# ARGUMENT...", which does so for any class. Sourced by the scripts here.
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for jdk in "${JAVA_HOME:-}" /usr/lib/jvm/*25*; do
  if [ -x "$jdk/bin/java" ] && "$jdk/bin/java" -version 2>&1 | grep -q 'version "2[5-9]'; then
    export JAVA_HOME=$jdk
    break
  fi
done
mvn -q -B -Dstyle.color=never -Dquick package -pl benchmarks -am

program() {
  GLIBC_TUNABLES=${GLIBC_TUNABLES-glibc.malloc.hugetlb=1} \
    "${JAVA_HOME:+$JAVA_HOME/bin/}java" --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow \
    -Dorg.bytedeco.javacpp.maxBytes=0 -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 \
    -cp "benchmarks/target/classes:bundled-model/target/classes:engine/target/classes:$(cat benchmarks/target/classpath)" \
    "$@"
}

benchmark() {
  program "org.sjd4j.benchmarks.$1" "${@:2}"
}
