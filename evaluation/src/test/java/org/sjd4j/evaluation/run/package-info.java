@NullMarked
package org.sjd4j.evaluation.run;

import org.jspecify.annotations.NullMarked;
