package main

func main() {
	for {
		println(undefinedHere)
		break
	}
}
