package bad

func Good(p *int32)

func GoodFrame(p *int32)

func GoodConstant(p *int32)

func NeedsNEON(p *int32)

func NeedsDotProd(p *int32)

func NeedsFP16(p *int32)

func NeedsBF16(p *int32)

func NeedsI8MM(p *int32)

func NeedsLSE(p *int32)

func UnknownWord(p *int32)

func ReservedR18(p *int32)

func ReservedR27(p *int32)

func ReservedR28(p *int32)

func Calls(p *int32)

func CallsRegister(p *int32)

func LeavesDirectly(p *int32)

func LeavesComputed(p *int32)

func LeavesByEnd(p *int32)

func GlobalRead(p *int32)
