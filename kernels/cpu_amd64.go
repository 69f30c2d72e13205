package kernels

import "golang.org/x/sys/cpu"

// detectFeatures asks the CPU, and the operating system for the registers it saves.
func detectFeatures() (f feature) {
	for _, probe := range []struct {
		present bool
		bit     feature
	}{
		{cpu.X86.HasPOPCNT, featurePOPCNT},
		{cpu.X86.HasBMI1 && cpu.X86.HasBMI2, featureBMI},
		{cpu.X86.HasAVX2, featureAVX2},
		{cpu.X86.HasFMA, featureFMA},
		{cpu.X86.HasF16C, featureF16C},
		{cpu.X86.HasAVX512F && cpu.X86.HasAVX512BW && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL, featureAVX512},
		{cpu.X86.HasAVX512VNNI, featureAVX512VNNI},
		{cpu.X86.HasAVX512VPOPCNTDQ, featureAVX512VPOPCNTDQ},
		{cpu.X86.HasAVX512VBMI2, featureAVX512VBMI2},
		{cpu.X86.HasAVX512BITALG, featureAVX512BITALG},
		{cpu.X86.HasAVX512BF16, featureAVX512BF16},
		{cpu.X86.HasAVXVNNI, featureAVXVNNI},
	} {
		if probe.present {
			f |= probe.bit
		}
	}
	return f
}
