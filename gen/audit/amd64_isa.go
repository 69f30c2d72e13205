package audit

import (
	"fmt"
	"regexp"
	"strings"
)

// isa is a group of instructions that share their features: how they are encoded, and
// their mnemonics as a regular expression.
type isa struct {
	form      form
	features  []string // of package kernels
	mnemonics *regexp.Regexp
}

// group compiles one group. Features are separated by blanks, mnemonics too.
func group(f form, features, mnemonics string) isa {
	return isa{f, strings.Fields(features), regexp.MustCompile(`^(?:` + strings.Join(strings.Fields(mnemonics), "|") + `)$`)}
}

// featuresAMD64 returns the features that an instruction belongs to. Exactly one group
// must hold it: an instruction nobody classified is an error, not a guess.
func featuresAMD64(encoded form, mnemonic string) ([]string, error) {
	var found []isa
	for _, g := range isas {
		if g.form == encoded && g.mnemonics.MatchString(mnemonic) {
			found = append(found, g)
		}
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("%q is in %d groups; classify it in gen/audit/amd64_isa.go, from the Intel SDM (CPUID feature flag)", mnemonic, len(found))
	}
	return found[0].features, nil
}

const (
	condition = `(?:n?[abceglopsz]|n?[abgl]e|p[eo])`
	fma       = `vf(?:n?m(?:add|sub)|maddsub|msubadd)(?:132|213|231)[ps][sd]`
	// predicate is the comparison inside of VCMPxxPS and VPCMPxxD.
	predicate = `(?:eq|lt|le|unord|neq|nlt|nle|ord|nge|ngt|false|ge|gt|true)?(?:_[us]?[os]?q?s?)?`
	// arithmetic are the float instructions that SSE, VEX and EVEX share.
	arithmetic = `(?:add|div|max|min|mul|sqrt|sub)[ps][sd]`
	// shared are the remaining instructions that have a VEX and an EVEX form of the same
	// name.
	shared = `vu?comis[sd] vcvtdq2p[sd] vcvtt?pd2dq vcvtpd2ps vcvtt?ps2dq vcvtps2pd vcvtt?s[sd]2si vcvtsd2ss vcvtss2sd vcvtsi2s[sd]
		vbroadcasts[sd] vextractps vinsertps vgather[dq]p[sd] vmovap[sd] vmovup[sd] vmov[dq] vmovddup vmovhlps vmovlhps vmov[hl]p[sd]
		vmovntdqa? vmovntp[sd] vmovs[hl]dup vmovs[sd] vandn?p[sd] vx?orp[sd] vpabs[bdw] vpack[su]s(?:dw|wb) vpadd[bdqw]
		vpaddu?s[bw] vpalignr vpavg[bw] vpbroadcast[bdqw] vperm[dq] vpermp[sd] vpermilp[sd] vpextr[bdqw] vpinsr[bdqw] vpgather[dq][dq]
		vpmaddubsw vpmaddwd vpmax[su][bdw] vpmin[su][bdw] vpmov[sz]x(?:bd|bq|bw|dq|wd|wq) vpmulu?dq vpmulhrsw vpmulhu?w vpmull[dw]
		vpsadbw vpshuf(?:b|d|hw|lw) vps[lr]l[dqw] vps[lr]ldq vps[lr]lv[dq] vpsra[dw] vpsravd vpsub[bdqw] vpsubu?s[bw]
		vpunpck[hl](?:bw|dq|qdq|wd) vshufp[sd] vunpck[hl]p[sd]`
)

// isas are the groups. Parts of AVX-512 that package kernels has no feature for carry a
// name that no guard can have, so a kernel cannot use them before there is one.
var isas = []isa{
	// What every amd64 CPU has. TZCNT and POPCNT are younger; without them a CPU runs
	// BSF or nothing.
	group(legacy, "", `mov movabs movzx movsxd? lea add sub adc sbb and or xor not neg inc dec cmp test imul mul i?div
		sh[lr] sa[lr] ro[lr] rc[lr] sh[lr]d bt[src]? bs[fr] bswap xchg cdqe cdq cqo cwde push pop nop ret jmp call prefetch(?:t[012]|nta)
		movnti [slm]fence pause cmov`+condition+` set`+condition+` j`+condition),
	group(legacy, "", arithmetic+` mov[ahlu]p[sd] movs[sd] mov[dq] movdq[au] movhlps movlhps movmskp[sd] movntdq movntp[sd]
		andn?p[sd] x?orp[sd] u?comis[sd] cmp`+predicate+`[ps][sd] cvtdq2p[sd] cvtt?pd2dq cvtpd2ps cvtt?ps2dq cvtps2pd cvtt?s[sd]2si
		cvtsd2ss cvtss2sd cvtsi2s[sd] rcp[ps]s rsqrt[ps]s shufp[sd] unpck[hl]p[sd] pack(?:ssdw|[su]swb) padd[bdqw] paddu?s[bw] pandn? por pxor
		pavg[bw] pcmp(?:eq|gt)[bdw] pextrw pinsrw pmaddwd pmaxsw pmaxub pminsw pminub pmovmskb pmulhu?w pmullw pmuludq psadbw
		pshuf(?:d|hw|lw) ps[lr]l[dqw] ps[lr]ldq psra[dw] psub[bdqw] psubu?s[bw] punpck[hl](?:bw|dq|qdq|wd)`),
	// SSE3 to SSE4.2: on every CPU with AVX2.
	group(legacy, "featureAVX2", `addsubp[sd] haddp[sd] hsubp[sd] lddqu movddup movs[hl]dup pabs[bdw] palignr phadd[dw] phaddsw phsub[dw] phsubsw
		pmaddubsw pmulhrsw pshufb psign[bdw] blendv?p[sd] dpp[sd] extractps insertps movntdqa mpsadbw packusdw pblendvb pblendw pcmpeqq
		pextr[bdq] pinsr[bdq] phminposuw pmax(?:sb|sd|ud|uw) pmin(?:sb|sd|ud|uw) pmov[sz]x(?:bd|bq|bw|dq|wd|wq) pmuldq pmulld ptest
		round[ps][sd] pcmpgtq`),
	group(legacy, "featurePOPCNT", `popcnt`),
	group(legacy, "featureBMI", `tzcnt`),
	group(legacy, "featureLZCNT", `lzcnt`),
	group(legacy, "featureCRC32", `crc32`),
	group(legacy, "featureMOVBE", `movbe`),
	group(legacy, "featureADX", `ad[co]x`),

	group(vex, "featureBMI", `andn bextr blsi blsmsk blsr bzhi mulx pdep pext rorx sarx sh[lr]x`),
	group(vex, "featureAVX2", `v`+arithmetic+` `+shared+` vaddsubp[sd] vblendv?p[sd] vbroadcast[fi]128 vcmp`+predicate+`[ps][sd] vdpp[sd]
		vextract[fi]128 vinsert[fi]128 vh(?:add|sub)p[sd] vlddqu vldmxcsr vstmxcsr vmaskmovp[sd] vmovdq[au] vmovmskp[sd] vmpsadbw
		vpandn? vpor vpxor vpblendd vpblendvb vpblendw vpcmp(?:eq|gt)[bdqw] vperm2[fi]128 vph(?:add|sub)(?:d|w|sw) vphminposuw
		vpmaskmov[dq] vpmovmskb vpsign[bdw] vptest vtestp[sd] vrcp[ps]s vrsqrt[ps]s vround[ps][sd] vzero(?:all|upper)`),
	group(vex, "featureFMA", fma),
	group(vex, "featureF16C", `vcvtph2ps vcvtps2ph`),
	group(vex, "featureAVXVNNI", `vpdpbusds? vpdpwssds?`),
	group(vex, "featureAVX512", `k(?:add|andn?|mov|not|or|ortest|shift[lr]|test|xn?or)[bwdq] kunpck(?:bw|wd|dq)`),
	group(vex, "featureAES", `vaes(?:enc|dec)(?:last)? vaesimc vaeskeygenassist`),
	group(vex, "featurePCLMULQDQ", `vpclmul[hl]?q?[hl]?q?[hl]?q?dq`),
	group(vex, "featureGFNI", `vgf2p8(?:affineqb|affineinvqb|mulb)`),

	// AVX-512 F, BW, DQ and VL.
	group(evex, "featureAVX512", `v`+arithmetic+` `+shared+` `+fma+` vcvtph2ps vcvtps2ph valign[dq] vblendmp[sd] vbroadcast[fi](?:32x[248]|64x[24])
		vcmp`+predicate+`[ps][sd] vcompressp[sd] vexpandp[sd] vcvtt?p[sd]2(?:udq|u?qq) vcvtu?qq2p[sd] vcvtudq2p[sd] vcvtt?s[sd]2usi vcvtusi2s[sd]
		vdbpsadbw vextract[fi](?:32x[48]|64x[24]) vinsert[fi](?:32x[48]|64x[24]) vfixupimm[ps][sd] vfpclass[ps][sd] vgetexp[ps][sd]
		vgetmant[ps][sd] vmovdqa(?:32|64) vmovdqu(?:8|16|32|64) vpabsq vpandn?[dq] vpor[dq] vpxor[dq] vpblendm[bdqw]
		vpcmp(?:eq|gt|lt|le|neq|nlt|nle|ge)?u?[bdqw] vpcompress[dq] vpexpand[dq] vperm[it]2(?:[dqw]|p[sd]) vpermw vpmax[su]q vpmin[su]q
		vpmov[bdqw]2m vpmovm2[bdqw] vpmov(?:us|s)?(?:db|dw|qb|qd|qw|wb) vpmullq vpro[lr]v?[dq] vpsraq vpsrav[qw] vps[lr]lvw
		vp?scatter[dq](?:[dq]|p[sd]) vpternlog[dq] vptestn?m[bdqw] vrange[ps][sd] vrcp14[ps][sd] vreduce[ps][sd] vrndscale[ps][sd]
		vrsqrt14[ps][sd] vscalef[ps][sd] vshuf[fi](?:32x4|64x2)`),
	group(evex, "featureAVX512 featureAVX512VNNI", `vpdpbusds? vpdpwssds?`),
	group(evex, "featureAVX512 featureAVX512VPOPCNTDQ", `vpopcnt[dq]`),
	group(evex, "featureAVX512 featureAVX512BITALG", `vpopcnt[bw] vpshufbitqmb`),
	group(evex, "featureAVX512 featureAVX512VBMI2", `vpcompress[bw] vpexpand[bw] vpsh[lr]dv?[dqw]`),
	group(evex, "featureAVX512 featureAVX512VBMI", `vpermb vperm[it]2b vpmultishiftqb`),
	group(evex, "featureAVX512 featureAVX512BF16", `vdpbf16ps vcvtneps2bf16 vcvtne2ps2bf16`),
	group(evex, "featureAVX512 featureAVX512IFMA", `vpmadd52[hl]uq`),
	group(evex, "featureAVX512 featureAVX512CD", `vpconflict[dq] vplzcnt[dq] vpbroadcastm(?:b2q|w2d)`),
	group(evex, "featureAVX512 featureAVX512FP16", `v(?:add|div|max|min|mul|sqrt|sub|getexp|getmant|rcp|rsqrt|reduce|rndscale|scalef|fpclass)[ps]h
		vu?comish vfc?m(?:add|ul)c[ps]h vf(?:n?m(?:add|sub)|maddsub|msubadd)(?:132|213|231)[ps]h vcmp`+predicate+`[ps]h vmovsh vmovw vcvtps2phx
		vcvtt?ph2(?:psx|pd|u?dq|u?qq|u?w) vcvt(?:pd|u?dq|u?qq|u?w)2ph vcvt(?:s[sd]|u?si)2sh vcvtt?sh2(?:s[sd]|u?si)`),
	group(evex, "featureAVX512 featureGFNI", `vgf2p8(?:affineqb|affineinvqb|mulb)`),
	group(evex, "featureAVX512 featureVAES", `vaes(?:enc|dec)(?:last)?`),
	group(evex, "featureAVX512 featureVPCLMULQDQ", `vpclmul[hl]?q?[hl]?q?[hl]?q?dq`),
}
