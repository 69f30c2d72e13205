package bad

func Good(p *int32)

func GoodFrame(p *int32)

func GoodMask(p *int32)

func GoodScalar(p *int32)

func NeedsAVX2(p *int32)

func NeedsFMA(p *int32)

func NeedsF16C(p *int32)

func NeedsPOPCNT(p *int32)

func NeedsBMI(p *int32)

func NeedsBMI2(p *int32)

func NeedsAVX512(p *int32)

func NeedsAVX512Mask(p *int32)

func NeedsAVX512Register(p *int32)

func NeedsAVX512VNNI(p *int32)

func NeedsAVXVNNI(p *int32)

func NeedsAVX512BITALG(p *int32)

func NeedsAVX512VPOPCNTDQ(p *int32)

func NeedsAVX512VBMI2(p *int32)

func NeedsAVX512VBMI(p *int32)

func NeedsAVX512BF16(p *int32)

func NeedsAVX512CD(p *int32)

func NeedsSSE41(p *int32)

func Unclassified(p *int32)

func UnclassifiedPrefix(p *int32)

func ReservedR14(p *int32)

func ReservedR14Byte(p *int32)

func ReservedR15(p *int32)

func UpperDirty(p *int32)

func UpperEarly(p *int32)

func UpperJumpedPast(p *int32)

func UpperSecondReturn(p *int32)

func MixedSSE(p *int32)

func Calls(p *int32)

func CallsRegister(p *int32)

func LeavesDirectly(p *int32)

func LeavesComputed(p *int32)

func LeavesByEnd(p *int32)

func GlobalWrite(p *int32)

func GlobalWriteConstant(p *int32)

func GlobalRead(p *int32)
