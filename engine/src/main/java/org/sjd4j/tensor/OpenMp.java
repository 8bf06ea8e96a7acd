package org.sjd4j.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** How the threads of LibTorch's operators wait for work. GNU's OpenMP reads it from the environment when it is loaded. */
final class OpenMp {
    private static final String SPIN_COUNT = "GOMP_SPINCOUNT";

    /**
     * Turns that a thread spins before it sleeps, some 100 microseconds. An operator follows the one before within that
     * time, and waking a thread takes as long. The default of the library is up to 30 times as many: threads then burn
     * what other processes on the same cores need, and wait for each other while those run.
     */
    private static final String SPINS = "10000";

    private OpenMp() {}

    /** Sets what the environment leaves open. Must come before the library is loaded. */
    static void configure() {
        if (System.getenv("OMP_WAIT_POLICY") == null && System.getenv(SPIN_COUNT) == null) {
            setEnvironment(SPIN_COUNT, SPINS);
        }
    }

    /** Sets a variable for native code of this process. Does nothing where the system has no {@code setenv}. */
    private static void setEnvironment(String name, String value) {
        var linker = Linker.nativeLinker();
        linker.defaultLookup().find("setenv").ifPresent(function -> {
            var setenv = linker.downcallHandle(
                    function,
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
            try (var arena = Arena.ofConfined()) {
                MemorySegment nativeName = arena.allocateFrom(name);
                MemorySegment nativeValue = arena.allocateFrom(value);
                int _ = (int) setenv.invokeExact(nativeName, nativeValue, 0);
            } catch (Throwable e) { // what a method handle declares; this function throws nothing
                throw new IllegalStateException("cannot set " + name, e);
            }
        });
    }
}
