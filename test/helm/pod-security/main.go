// Judges Pods by the profile "restricted" of the Pod Security Standards, with the code of the admission controller itself.
// Reads a JSON list of {metadata, spec} and writes a JSON list of the reasons against each; an allowed Pod has none.
package main

import (
	"encoding/json"
	"log"
	"os"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

type pod struct {
	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     corev1.PodSpec    `json:"spec"`
}

func main() {
	var pods []pod
	if err := json.NewDecoder(os.Stdin).Decode(&pods); err != nil {
		log.Fatal(err)
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		log.Fatal(err)
	}
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	reasons := make([][]string, len(pods))
	for index := range pods {
		reasons[index] = []string{}
		for _, result := range evaluator.EvaluatePod(restricted, &pods[index].Metadata, &pods[index].Spec) {
			if !result.Allowed {
				reasons[index] = append(reasons[index], result.ForbiddenReason+": "+result.ForbiddenDetail)
			}
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(reasons); err != nil {
		log.Fatal(err)
	}
}
