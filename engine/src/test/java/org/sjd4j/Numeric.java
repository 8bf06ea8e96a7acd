package org.sjd4j;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/** Tests whose results native kernels compute: {@link InstructionSetsTest} runs them again with other instruction sets. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag(Numeric.TAG)
public @interface Numeric {
    /** How JUnit's launcher finds them. */
    String TAG = "numeric";
}
