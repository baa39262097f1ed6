// RUN: cim-opt %s --split-input-file --verify-diagnostics

// expected-error @+1 {{missing field `mode`}}
module attributes {cim.machine = #cim.machine<{name = "puma"}>} {
}

// -----

// expected-error @+1 {{values must be integers, strings, booleans, arrays or dictionaries}}
module attributes {cim.machine = #cim.machine<{name = 1.0 : f32}>} {
}

// -----

// expected-error @+1 {{unknown field `speed`}}
module attributes {cim.machine = #cim.machine<{speed = 1 : i64}>} {
}

// -----

// expected-error @+1 {{nested too deeply}}
module attributes {cim.machine = #cim.machine<{name = [[[[[[[1]]]]]]]}>} {
}

// -----

// expected-error @+1 {{unknown variant `fast`}}
module attributes {cim.machine = #cim.machine<{chip = {alu = "ideal", core_noc = "shared-memory", core_noc_cost = "ideal", core_number = [2, 1], l0_bandwidth = "ideal", l0_size = "ideal"}, core = {alu = "ideal", l1_bandwidth = "ideal", l1_size = "ideal", xb_noc = "ideal", xb_noc_cost = "ideal", xb_number = 2 : i64}, crossbar = {adc = "ideal", binding = "bits-to-columns", cell_bits = "2 bit", cols = 128 : i64, dac = "ideal", device = "unspecified", encoding = "offset", parallel_row = 16 : i64, rows = 32 : i64}, description = "small", mode = "fast", name = "m", sources = {crossbar.adc = "assumption: not given"}}>} {
}

// -----

// expected-error @+1 {{crossbar.parallel_row is 1000, more than crossbar.rows = 32}}
module attributes {cim.machine = #cim.machine<{chip = {alu = "ideal", core_noc = "shared-memory", core_noc_cost = "ideal", core_number = [2, 1], l0_bandwidth = "ideal", l0_size = "ideal"}, core = {alu = "ideal", l1_bandwidth = "ideal", l1_size = "ideal", xb_noc = "ideal", xb_noc_cost = "ideal", xb_number = 2 : i64}, crossbar = {adc = "ideal", binding = "bits-to-columns", cell_bits = "2 bit", cols = 128 : i64, dac = "ideal", device = "unspecified", encoding = "offset", parallel_row = 1000 : i64, rows = 32 : i64}, description = "small", mode = "wlm", name = "m", sources = {crossbar.adc = "assumption: not given"}}>} {
}

// -----

// expected-error @+1 {{crossbar.rows must be at least 1}}
module attributes {cim.machine = #cim.machine<{chip = {alu = "ideal", core_noc = "shared-memory", core_noc_cost = "ideal", core_number = [2, 1], l0_bandwidth = "ideal", l0_size = "ideal"}, core = {alu = "ideal", l1_bandwidth = "ideal", l1_size = "ideal", xb_noc = "ideal", xb_noc_cost = "ideal", xb_number = 2 : i64}, crossbar = {adc = "ideal", binding = "bits-to-columns", cell_bits = "2 bit", cols = 128 : i64, dac = "ideal", device = "unspecified", encoding = "offset", parallel_row = 16 : i64, rows = 0 : i64}, description = "small", mode = "wlm", name = "m", sources = {crossbar.adc = "assumption: not given"}}>} {
}
