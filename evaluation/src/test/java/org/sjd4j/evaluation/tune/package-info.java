@NullMarked
package org.sjd4j.evaluation.tune;

import org.jspecify.annotations.NullMarked;
